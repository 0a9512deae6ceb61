-- Reads a guest's cart and keeps it for another while. ARGV[1]: seconds. A cart that a member took over reads empty.
if redis.call('HEXISTS', KEYS[1], 'c') == 1 then return {} end
redis.call('EXPIRE', KEYS[1], ARGV[1])
return redis.call('HGETALL', KEYS[1])
