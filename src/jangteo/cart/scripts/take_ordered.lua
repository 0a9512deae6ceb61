-- Takes what was ordered out of the cart, and nothing else. ARGV[5..]: sku, quantity, sku, quantity, and so on.
local before = answered_before()
if before then return before end
load()
for i = 5, #ARGV, 2 do
  local line = lines[ARGV[i]]
  if line then
    line.quantity = line.quantity - tonumber(ARGV[i + 1])
    if line.quantity > 0 then write_line(ARGV[i], line) else drop_line(ARGV[i]) end
  end
end
save()
return answer(state())
