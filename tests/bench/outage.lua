-- SPDX-License-Identifier: Apache-2.0
-- outage.lua -- wrk's clients of outage.py, who think between two requests: MILLISECONDS METHOD PATH NAME VALUES
-- Each request has the header NAME, whose values are the lines of the file VALUES, one after another.
local next_value = 0

function init(args)
    think, method, path, name = tonumber(args[1]), args[2], args[3], args[4]
    values = {}
    for line in io.lines(args[5]) do
        values[#values + 1] = line
    end
end

function delay()
    return math.random(0, 2 * think)
end

function request()
    next_value = next_value % #values + 1
    return wrk.format(method, path, { [name] = values[next_value], ["Host"] = "bench.test" }, method == "POST" and "" or nil)
end

function done(summary, latency, requests)
    local errors = summary.errors
    io.write(string.format("RESULT %d %d %d %d\n", summary.requests, errors.status,
        errors.connect + errors.read + errors.write + errors.timeout, latency:percentile(99)))
end
