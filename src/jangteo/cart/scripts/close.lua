-- Empties a guest's cart that was merged. What stays is whose it became, so that an old tab starts a new cart instead
-- of filling this one. ARGV: member, seconds.
redis.call('DEL', KEYS[1])
redis.call('HSET', KEYS[1], 'c', ARGV[1])
redis.call('EXPIRE', KEYS[1], ARGV[2])
return 1
