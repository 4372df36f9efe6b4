-- Prints a line for each wake, until so many commits were seen: luajit watch.lua DATABASE [COMMITS]
--
-- No binding and no compiler: LuaJIT calls the C library by these declarations, as any language's FFI does. It waits for the
-- descriptor, beside which an event loop would have others, and with a time-out.
local ffi = require("ffi")

ffi.cdef([[
typedef struct honker_error honker_error;
typedef struct honker_watcher honker_watcher;
typedef struct honker_subscription honker_subscription;
typedef struct {
    size_t size;
    int32_t backend;
    int32_t on_replace;
    uint64_t poll_interval_us;
    uint64_t must_exist;
} honker_options;
typedef struct {
    uint64_t seq;
    uint64_t commits;
    int32_t kind;
    bool exact;
    uint64_t reserved[5];
} honker_update;
const char *honker_code_name(int32_t code);
const char *honker_error_message(const honker_error *error);
void honker_error_free(honker_error *error);
int32_t honker_backend_named(const char *name, int32_t *backend, honker_error **error);
int32_t honker_watcher_open(const char *path, const honker_options *options, honker_watcher **watcher,
                            honker_error **error);
void honker_watcher_free(honker_watcher *watcher);
int32_t honker_watcher_subscribe(honker_watcher *watcher, const void *options, honker_subscription **subscription,
                                 honker_error **error);
int32_t honker_subscription_fd(honker_subscription *subscription, int *fd, honker_error **error);
int32_t honker_subscription_try(honker_subscription *subscription, honker_update *update, honker_error **error);
void honker_subscription_free(honker_subscription *subscription);

struct pollfd { int fd; short events; short revents; };
int poll(struct pollfd *fds, unsigned long count, int timeout);
]])
local honker = ffi.load("honker")
local POLLIN, TIMEOUT = 1, 1

--- Calls a function of honker with an error at the end, and raises that. Gives the code.
local function call(name, ...)
    local error_place = ffi.new("honker_error *[1]")
    local arguments = { ... }
    local count = select("#", ...)
    arguments[count + 1] = error_place
    local code = honker[name](unpack(arguments, 1, count + 1))
    if error_place[0] ~= nil then
        local message = ffi.string(honker.honker_error_message(error_place[0]))
        honker.honker_error_free(error_place[0])
        error(ffi.string(honker.honker_code_name(code)) .. ": " .. message, 0)
    end
    return code
end

local path, wanted = arg[1], tonumber(arg[2] or math.huge)
if path == nil then
    io.stderr:write("usage: luajit watch.lua DATABASE [COMMITS]\n")
    os.exit(2)
end

local options = ffi.new("honker_options", { size = ffi.sizeof("honker_options") })
local backend = ffi.new("int32_t[1]")
call("honker_backend_named", "auto", backend)
options.backend = backend[0]

local place = ffi.new("honker_watcher *[1]")
call("honker_watcher_open", path, options, place)
local watcher = ffi.gc(place[0], honker.honker_watcher_free)
place = ffi.new("honker_subscription *[1]")
call("honker_watcher_subscribe", watcher, nil, place)
local events = ffi.gc(place[0], honker.honker_subscription_free)

local fd = ffi.new("int[1]")
call("honker_subscription_fd", events, fd)
local fds = ffi.new("struct pollfd[1]", { { fd = fd[0], events = POLLIN } })
print("watching " .. path)
io.stdout:flush()

local update, seen = ffi.new("honker_update"), 0
while seen < wanted do
    if ffi.C.poll(fds, 1, 60000) == 0 then
        print("nothing for a minute")
    elseif call("honker_subscription_try", events, update) ~= TIMEOUT then
        seen = seen + tonumber(update.commits)
        print(string.format("wake %d: %d commit(s)", tonumber(update.seq), tonumber(update.commits)))
    end
    io.stdout:flush()
end
