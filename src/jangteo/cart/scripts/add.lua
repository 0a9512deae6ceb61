-- Puts more of a SKU into the cart. ARGV[5..]: sku, quantity, price now, available, most per order, most per line,
-- most lines. Answers {'ok', version, lines, pieces, quantity, selected, price}, or {'short'|'many'|'full', in cart}.
local before = answered_before()
if before then return before end
load()
if taken_over then return {'taken'} end
local sku, quantity, price = ARGV[5], tonumber(ARGV[6]), ARGV[7]
local line = lines[sku]
local old = line and line.quantity or 0
local new = old + quantity
if new > tonumber(ARGV[8]) then return {'short', old} end
if new > math.min(tonumber(ARGV[9]), tonumber(ARGV[10])) then return {'many', old} end
if not line and count >= tonumber(ARGV[11]) then return {'full', old} end
write_line(sku, {quantity = new, selected = '1', price = price, added = line and line.added or ARGV[4]})
save()
return answer(state(sku))
