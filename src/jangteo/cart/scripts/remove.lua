-- Takes lines out. ARGV[5..]: wanted version or '', then the SKUs, or none for all. Gone already is fine.
local before = answered_before()
if before then return before end
load()
if taken_over then return {'taken'} end
if stale(ARGV[5]) then return {'stale'} end
if #ARGV == 5 then
  for sku in pairs(lines) do drop_line(sku) end
else
  for i = 6, #ARGV do drop_line(ARGV[i]) end
end
save()
return answer(state())
