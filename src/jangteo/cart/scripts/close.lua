-- Empties a guest's cart and wishes that were merged. What stays is whose they became, so that an old tab starts anew
-- instead of filling these. KEYS: cart, wishes. ARGV: member, seconds.
redis.call('DEL', KEYS[1], KEYS[2])
redis.call('HSET', KEYS[1], 'c', ARGV[1])
redis.call('EXPIRE', KEYS[1], ARGV[2])
return 1
