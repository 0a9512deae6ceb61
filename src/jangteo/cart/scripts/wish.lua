-- Adds a wish, or takes one out; repeated, it changes nothing. KEYS: cart, wishes. ARGV: 'add' or 'drop', product, the
-- present time in milliseconds, most wishes, seconds a guest's are kept (0: a member's, for good).
-- Answers {'ok', how many there are}, or {'full'}, or {'taken'} where a member took the guest's over.
if redis.call('HEXISTS', KEYS[1], 'c') == 1 then return {'taken'} end
if ARGV[1] == 'drop' then
  redis.call('ZREM', KEYS[2], ARGV[2])
elseif not redis.call('ZSCORE', KEYS[2], ARGV[2]) then
  if redis.call('ZCARD', KEYS[2]) >= tonumber(ARGV[4]) then return {'full'} end
  redis.call('ZADD', KEYS[2], ARGV[3], ARGV[2])
end
if tonumber(ARGV[5]) > 0 then redis.call('EXPIRE', KEYS[2], ARGV[5]) end
return {'ok', redis.call('ZCARD', KEYS[2])}
