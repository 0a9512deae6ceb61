-- A member takes a guest's cart and wishes over: from now on no guest writes to them, and no other member gets them.
-- KEYS: cart, wishes. ARGV: member, seconds within which the same member may do so again. Answers the cart's fields and
-- the wishes, newest first, each with the time of its making; or nothing.
local owner = redis.call('HGET', KEYS[1], 'c')
if owner and owner ~= ARGV[1] then return {{}, {}} end
if not owner then
  if redis.call('EXISTS', KEYS[1], KEYS[2]) == 0 then return {{}, {}} end
  redis.call('HSET', KEYS[1], 'c', ARGV[1])
  redis.call('EXPIRE', KEYS[1], ARGV[2])
  redis.call('EXPIRE', KEYS[2], ARGV[2])
end
return {redis.call('HGETALL', KEYS[1]), redis.call('ZRANGE', KEYS[2], 0, -1, 'REV', 'WITHSCORES')}
