-- Adds a guest's lines and wishes to a member's, once for each guest (KEYS[2] is the mark, KEYS[3] the member's wishes).
-- ARGV[5..]: most lines, most wishes, how many wishes come, for each one product and time, then for each line sku,
-- quantity, selected, price seen, added at, and the most that is good to have of it.
-- What the member had is never made less. Answers {sku, asked, kept, ...} for the lines that could not be kept whole.
local before = answered_before()
if before then return before end
load()
local cut = {}
local lines_from = 8 + 2 * tonumber(ARGV[7])
local wishes = redis.call('ZCARD', KEYS[3])
for i = 8, lines_from - 1, 2 do
  if wishes >= tonumber(ARGV[6]) then break end
  wishes = wishes + redis.call('ZADD', KEYS[3], 'NX', ARGV[i + 1], ARGV[i])
end
for i = lines_from, #ARGV, 6 do
  local sku, quantity, most = ARGV[i], tonumber(ARGV[i + 1]), tonumber(ARGV[i + 5])
  local line = lines[sku]
  local asked, kept = quantity, 0
  if line then
    asked = line.quantity + quantity
    kept = math.max(line.quantity, math.min(asked, most))
    if ARGV[i + 2] == '1' then line.selected = '1' end
    line.quantity = kept
    write_line(sku, line)
  elseif count < tonumber(ARGV[5]) then
    kept = math.min(asked, most)
    write_line(sku, {quantity = kept, selected = ARGV[i + 2], price = ARGV[i + 3], added = ARGV[i + 4]})
  end
  if kept < asked then
    cut[#cut + 1] = sku
    cut[#cut + 1] = asked
    cut[#cut + 1] = kept
  end
end
save()
return answer(cut)
