-- Takes lines out. ARGV[5..]: wanted version or '', then the SKUs, or none for all. Gone already is fine.
local before = answered_before()
if before then return before end
if taken_over() then return {'taken'} end
if stale(ARGV[5]) then return {'stale'} end
local removed = 0
if #ARGV == 5 then
  local fields = redis.call('HKEYS', cart)
  for i = 1, #fields do
    if string.sub(fields[i], 1, 2) == 'l:' then removed = removed + redis.call('HDEL', cart, fields[i]) end
  end
else
  for i = 6, #ARGV do
    removed = removed + redis.call('HDEL', cart, 'l:' .. ARGV[i])
  end
end
if removed > 0 then changed() end
return answer(state())
