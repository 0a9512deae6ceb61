-- A member takes a guest's cart over: from now on no guest writes to it, and no other member gets it. ARGV: member,
-- seconds within which the same member may do so again. Answers the cart's fields, or nothing.
local owner = redis.call('HGET', KEYS[1], 'c')
if owner then
  if owner ~= ARGV[1] then return {} end
  return redis.call('HGETALL', KEYS[1])
end
if redis.call('EXISTS', KEYS[1]) == 0 then return {} end
redis.call('HSET', KEYS[1], 'c', ARGV[1])
redis.call('EXPIRE', KEYS[1], ARGV[2])
return redis.call('HGETALL', KEYS[1])
