-- Reads wishes, newest first, each with the time of its making; a guest's are kept for another while. KEYS: cart,
-- wishes. ARGV[1]: seconds (0: a member's). Wishes that a member took over read empty.
if redis.call('HEXISTS', KEYS[1], 'c') == 1 then return {} end
if tonumber(ARGV[1]) > 0 then redis.call('EXPIRE', KEYS[2], ARGV[1]) end
return redis.call('ZRANGE', KEYS[2], 0, -1, 'REV', 'WITHSCORES')
