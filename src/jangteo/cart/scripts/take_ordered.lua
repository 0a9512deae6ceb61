-- Takes what was ordered out of the cart, and nothing else. ARGV[5..]: sku, quantity, sku, quantity, and so on.
local before = answered_before()
if before then return before end
local touched = false
for i = 5, #ARGV, 2 do
  local line = read_line(ARGV[i])
  if line then
    touched = true
    line.quantity = line.quantity - tonumber(ARGV[i + 1])
    if line.quantity > 0 then write_line(ARGV[i], line) else redis.call('HDEL', cart, 'l:' .. ARGV[i]) end
  end
end
if touched then changed() end
return answer(state())
