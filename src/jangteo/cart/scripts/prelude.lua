-- What every script knows. A cart is a hash: `v` its version, `c` the member who took a guest's cart over, and a
-- field `l:<sku>` for each line, as "quantity selected price-seen added-at".
--
-- KEYS[1] is the cart. A write has KEYS[2], the mark of the operation, and ARGV[1..4]: the digest of what is asked,
-- the seconds the mark is kept, the seconds the cart is kept (0: for good), and the present time in milliseconds.
-- A write that was answered before answers the same again and changes nothing: a client that lost the answer, or a
-- connection that broke after the command, may repeat it.

local cart, mark = KEYS[1], KEYS[2]
local EMPTY_SECONDS = 2592000

local function line_of(text)
  local quantity, selected, price, added = string.match(text, '^(%d+) (%d) (%d+) (%d+)$')
  return {quantity = tonumber(quantity), selected = selected, price = price, added = added}
end

local function read_line(sku)
  local text = redis.call('HGET', cart, 'l:' .. sku)
  return text and line_of(text)
end

local function write_line(sku, line)
  local text = string.format('%d %s %s %s', line.quantity, line.selected, line.price, line.added)
  redis.call('HSET', cart, 'l:' .. sku, text)
end

local function version()
  return redis.call('HGET', cart, 'v') or '0'
end

local function count()
  local fields = redis.call('HLEN', cart)
  if fields > 0 and redis.call('HEXISTS', cart, 'v') == 1 then fields = fields - 1 end
  return fields
end

local function pieces()
  local sum = 0
  local found = redis.call('HGETALL', cart)
  for i = 1, #found, 2 do
    if string.sub(found[i], 1, 2) == 'l:' then sum = sum + line_of(found[i + 1]).quantity end
  end
  return sum
end

-- A version never comes back, not even after the cart was gone: it starts at the second it is made in.
local function changed()
  if redis.call('HEXISTS', cart, 'v') == 0 then
    redis.call('HSET', cart, 'v', math.floor(tonumber(ARGV[4]) / 1000))
  end
  redis.call('HINCRBY', cart, 'v', 1)
  local keep = tonumber(ARGV[3])
  if count() == 0 then keep = EMPTY_SECONDS end
  if keep > 0 then redis.call('EXPIRE', cart, keep) else redis.call('PERSIST', cart) end
end

local function taken_over()
  return redis.call('HEXISTS', cart, 'c') == 1
end

local function stale(wanted)
  return wanted ~= '' and wanted ~= version()
end

local function answered_before()
  local packed = redis.call('GET', mark)
  if not packed then return nil end
  local known = cmsgpack.unpack(packed)
  if known[1] ~= ARGV[1] then return {'reused'} end
  return known[2]
end

local function answer(result)
  redis.call('SET', mark, cmsgpack.pack({ARGV[1], result}), 'EX', ARGV[2])
  return result
end

local function state(sku)
  local line = sku and read_line(sku)
  local told = {'ok', version(), count(), pieces()}
  if line then
    told[5], told[6], told[7] = line.quantity, line.selected, line.price
  end
  return told
end
