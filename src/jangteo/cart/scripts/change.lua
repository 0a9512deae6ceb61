-- Sets quantity and tick of a line. ARGV[5..]: wanted version or '', sku, quantity, '1'|'0'|'' (as it is), available,
-- most per order, most per line. Less than there was is always allowed. Answers as `add` does, or {'stale'|'none'}.
local before = answered_before()
if before then return before end
load()
if taken_over then return {'taken'} end
if stale(ARGV[5]) then return {'stale'} end
local sku, quantity, selected = ARGV[6], tonumber(ARGV[7]), ARGV[8]
local line = lines[sku]
if not line then return {'none'} end
if quantity > line.quantity then
  if quantity > tonumber(ARGV[9]) then return {'short', line.quantity} end
  if quantity > math.min(tonumber(ARGV[10]), tonumber(ARGV[11])) then return {'many', line.quantity} end
end
if selected == '' then selected = line.selected end
if quantity ~= line.quantity or selected ~= line.selected then
  write_line(sku, {quantity = quantity, selected = selected, price = line.price, added = line.added})
  save()
end
return answer(state(sku))
