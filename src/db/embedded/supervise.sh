# Runs the given command (postgres) and ends it when standard input closes.
#
# Standard input is a pipe whose other end only the server holds, so it closes when the server
# closes it or dies in any way, `kill -9` included. Usage: sh -c SCRIPT NAME GRACE postgres ARGS…
# GRACE is the number of seconds that a fast shutdown may take before an immediate one.
#
# Two shells: one waits for postgres, one for the pipe, which it does even if the first is killed.
# Each buries its own children, so that no zombies are left where no init does.

grace=$1
shift

# Whoever signals every process at once (a terminal, an init system) must not take the watch away.
trap '' HUP INT TERM
exec 3<&0 </dev/null

"$@" 3<&- &
server=$!
exec >/dev/null 2>&1

# Repeats a signal, because one that comes before postgres has its handlers is lost.
press() {
    count=$(($2 * 10))
    while [ "$count" -gt 0 ]; do
        kill "-$1" "$server" || exit 0
        sleep 0.1 || sleep 1
        count=$((count - 1))
    done
}

(
    read -r line <&3
    # From here on this shell ends by itself, soon after postgres.
    trap '' USR1
    press INT "$grace"
    press QUIT 10
    kill -KILL "$server"
) &
watch=$!

wait "$server"
kill -USR1 "$watch"
wait "$watch"
