// SPDX-License-Identifier: Apache-2.0
// page.js -- the script of page.html that `default-src 'self'` allows.
document.getElementById("file").textContent = "The script file runs.";
