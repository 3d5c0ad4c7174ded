<?php
// The environment and the cookies as PHP sees them; headers on request.
foreach (json_decode($_GET['headers'] ?? '[]') as [$name, $value])
    header("$name: $value", false);
if (isset($_GET['status']))
    http_response_code((int)$_GET['status']);
if (!isset($_GET['plain']))
    header('Content-Type: application/json');
$server = array_filter($_SERVER, fn($name) => preg_match(
    '/MOODLESSO|REMOTE_USER|AUTH_TYPE|^HTTP_|^REDIRECT_|DRUPAL/i', $name), ARRAY_FILTER_USE_KEY);
echo json_encode(['server' => $server, 'cookies' => $_COOKIE, 'uri' => $_SERVER['REQUEST_URI'],
                  'method' => $_SERVER['REQUEST_METHOD'], 'body' => file_get_contents('php://input')],
                 JSON_INVALID_UTF8_SUBSTITUTE | JSON_FORCE_OBJECT);
