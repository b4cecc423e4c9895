-- What wrk sends: `wrk ... -s bench/load.lua URL -- bare|health|lifts|workout|maxes|exercises`.
-- Prints a line `run REQUESTS MICROSECONDS FAILURES`, and for each latency in microseconds `took LATENCY TIMES`:
-- wrk adds those of the requests that would have come while it waited for a late answer.

local LIFTERS, LIFTS = 1000, 4
local threads = 0

function setup(thread)
  thread:set("number", threads)
  threads = threads + 1
end

local function lifter(n)
  return "lifter-" .. n, { ["Authorization"] = "Bearer lifter-" .. n, ["Content-Type"] = "application/json" }
end

-- Requests are written beforehand, so that wrk takes as little as it can of the processors it shares.
local kinds = {
  lifts = function()
    local _, headers = lifter(0)
    wrk.path, wrk.headers["Authorization"] = "/lifts", headers["Authorization"]
  end,
  workout = function(n)
    local id, headers = lifter(n)
    headers["Content-Type"] = nil
    return wrk.format("GET", "/users/" .. id .. "/workout", headers)
  end,
  maxes = function(n)
    local id, headers = lifter(n)
    local lift, value = n % LIFTS, 200 + 2.5 * math.random(0, 80)
    local body = string.format('{"liftId":"bench-lift-%02d","type":"TRAINING_MAX","value":%.1f}', lift, value)
    return wrk.format("POST", "/users/" .. id .. "/lift-maxes", headers, body)
  end,
}

function init(args)
  math.randomseed(os.time() + 1000 * number)
  local kind = kinds[args[1]]
  if kind == kinds.lifts then kind() end
  if kind == nil or kind == kinds.lifts then return end
  local requests = {}
  for n = 0, LIFTERS - 1 do requests[n] = kind(n) end
  function request()
    return requests[math.random(0, LIFTERS - 1)]
  end
end

function done(summary, latency)
  local e = summary.errors
  local failures = e.connect + e.read + e.write + e.status + e.timeout
  io.write(string.format("run %d %d %d\n", summary.requests, summary.duration, failures))
  for n = 1, #latency do
    io.write(string.format("took %d %d\n", latency(n)))
  end
end
