-- What every writing script knows. A cart is a hash: `v` its version, `c` the member who took a guest's cart over, and
-- a field `l:<sku>` for each line, as "quantity selected price-seen added-at".
--
-- KEYS[1] is the cart, KEYS[2] the mark of the operation. ARGV[1..4]: the digest of what is asked, the seconds the mark
-- is kept, the seconds the cart is kept (0: for good), and the present time in milliseconds.
-- A write that was answered before answers the same again and changes nothing: a client that lost the answer, or a
-- connection that broke after the command, may repeat it.
-- The cart is read once and written once, because each command costs more than all of the Lua around it.

local cart, mark = KEYS[1], KEYS[2]
local EMPTY_SECONDS = 2592000

local lines, version, taken_over, count, was_empty = {}, nil, false, 0, true
local dirty = {}

local function load()
  local found = redis.call('HGETALL', cart)
  for i = 1, #found, 2 do
    local name, text = found[i], found[i + 1]
    if name == 'v' then
      version = text
    elseif name == 'c' then
      taken_over = true
    else
      local quantity, selected, price, added = string.match(text, '^(%d+) (%d) (%d+) (%d+)$')
      lines[string.sub(name, 3)] = {quantity = tonumber(quantity), selected = selected, price = price, added = added}
      count = count + 1
    end
  end
  was_empty = count == 0
end

local function write_line(sku, line)
  if not lines[sku] then count = count + 1 end
  lines[sku] = line
  dirty[sku] = true
end

local function drop_line(sku)
  if lines[sku] then
    lines[sku] = nil
    count = count - 1
    dirty[sku] = true
  end
end

-- Writes what changed, under the next version. A version never comes back, not even after the cart was gone: it
-- starts at the second it is made in. An empty cart is not kept for good.
local function save()
  if next(dirty) == nil then return end
  version = string.format('%d', (version and tonumber(version) or math.floor(tonumber(ARGV[4]) / 1000)) + 1)
  local set, unset = {'v', version}, {}
  for sku in pairs(dirty) do
    local line = lines[sku]
    if line then
      set[#set + 1] = 'l:' .. sku
      set[#set + 1] = string.format('%d %s %s %s', line.quantity, line.selected, line.price, line.added)
    else
      unset[#unset + 1] = 'l:' .. sku
    end
  end
  if #unset > 0 then redis.call('HDEL', cart, unpack(unset)) end
  redis.call('HSET', cart, unpack(set))
  local keep = tonumber(ARGV[3])
  if count == 0 then
    redis.call('EXPIRE', cart, EMPTY_SECONDS)
  elseif keep > 0 then
    redis.call('EXPIRE', cart, keep)
  elseif was_empty then
    redis.call('PERSIST', cart)
  end
end

local function stale(wanted)
  return wanted ~= '' and wanted ~= (version or '0')
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
  local pieces = 0
  for _, line in pairs(lines) do pieces = pieces + line.quantity end
  local told = {'ok', version or '0', count, pieces}
  local line = sku and lines[sku]
  if line then
    told[5], told[6], told[7] = line.quantity, line.selected, line.price
  end
  return told
end
