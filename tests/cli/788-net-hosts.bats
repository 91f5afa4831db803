load setup.bash

# A policy that names hosts: these are reached, by unmodified programs, and nothing else is.

# A server in the background, that answers each connection with a word. Its port is in $port.
# Usage: serve WORD [ADDRESS]
serve() {
	local file=$T/port-$1
	/usr/bin/python3 - "$1" "${2:-127.0.0.1}" "$file" 3>&- <<'PY' &
import os, socket, sys
word, address, file = sys.argv[1:]
server = socket.create_server((address, 0), family=socket.AF_INET6 if ":" in address else socket.AF_INET)
with open(file + ".new", "w") as f:
    f.write(str(server.getsockname()[1]))
os.rename(file + ".new", file)
while True:
    peer, _ = server.accept()
    peer.sendall(word.encode())
    peer.close()
PY
	until_true test -s "$file"
	port=$(cat "$file")
}

# A step that runs a script of Python under a policy with this `net`. `get(HOST, PORT)` in it gives what the
# server said, or the name of the error. Usage: step NET <<<SCRIPT
step() {
	cat >get.py <<'PY'
import errno, socket
def get(host, port):
    try:
        with socket.create_connection((host, port), 5) as s:
            return s.makefile().read()
    except OSError as e:
        return errno.errorcode.get(e.errno, str(e))
PY
	cat >s.py
	cat >w.lily.yaml <<YAML
lily: 1
policies: { p: { net: $1 } }
steps:
  a: { policy: p, exec: [ /usr/bin/python3, s.py ], env: { PYTHONDONTWRITEBYTECODE: "1" } }
YAML
	{ echo "from get import get"; cat s.py; } >s && mv s s.py
}

@test "an address that is named is reached, and no other port or address" {
	serve one
	one=$port
	serve two
	two=$port
	step "[ \"127.0.0.1:$one\" ]" <<PY
assert get("127.0.0.1", $one) == "one", get("127.0.0.1", $one)
assert get("127.0.0.1", $two) == "ECONNREFUSED", get("127.0.0.1", $two)
assert get("127.86.0.1", $one) == "ECONNREFUSED"
assert get("::1", $one) == "ECONNREFUSED"
assert get("192.0.2.1", 80) == "ENETUNREACH", get("192.0.2.1", 80)
assert get("169.254.169.254", 80) == "ENETUNREACH"
PY
	go run
	expect 0
	go show @last/a
	has "$output" "asked for 127.0.0.1:$one: connected, 127.0.0.1"
	go show @last/a --json
	/usr/bin/python3 - "$output" <<'PY'
import json, sys
c = json.loads(sys.argv[1])["step_list"][0]["attempts"][0]["connections"]
assert len(c) == 1 and c[0]["outcome"] == "connected" and c[0]["by"] is None, c
PY
	go events --json
	has "$output" '"attempt.connected"'
	/usr/bin/python3 - "$output" <<'PY'
import json, sys
ended = [e for e in map(json.loads, sys.argv[1].splitlines()) if e["type"] == "attempt.ended"]
net = ended[0]["payload"]["net"]
assert len(net) == 1 and net[0]["connected"] == 1 and net[0]["received"] == 3, net
PY
}

@test "localhost is an address, and listen is where a host is found" {
	serve one
	step "[ \"localhost:$port\", { host: \"127.0.0.2:$port\", listen: 9000 } ]" <<PY
assert get("localhost", $port) == "one"
assert get("127.0.0.1", 9000) in ("ECONNRESET", ""), get("127.0.0.1", 9000)
assert get("127.0.0.2", $port) == "ECONNREFUSED"
PY
	go run
	expect 0
	go show @last/a
	has "$output" "asked for 127.0.0.2:$port: failed, 127.0.0.2, Connection refused"
}

@test "a low port can be listened on by an ordinary user, too" {
	step '[ "127.0.0.1:1", "10.255.255.1:80" ]' <<'PY'
assert get("127.0.0.1", 1) in ("ECONNRESET", "")
assert get("10.255.255.1", 81) == "ECONNREFUSED", get("10.255.255.1", 81)
PY
	go run
	expect 0
	if [[ $(id -u) -eq 0 ]]; then
		chown -R nobody "$T"
		chmod 755 "$T"
		run --separate-stderr setpriv --reuid=nobody --clear-groups --inh-caps=-all "$(readlink -f "$T/bin/lily")" run
		expect 0
	fi
}

@test "datagrams and names go nowhere, and the file of names cannot be changed" {
	[[ -e /etc/hosts ]] || skip "there is no /etc/hosts"
	serve one
	step "[ \"127.0.0.1:$port\", \"lily-no-such-host.invalid:80\" ]" <<PY
import socket
s = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
s.settimeout(1)
s.sendto(b"x", ("127.0.0.1", $port))
try:
    s.recv(1)
    raise SystemExit("a datagram came back")
except OSError:
    pass
names = open("/etc/hosts").read()
assert "lily-no-such-host.invalid" in names and "127.86.0.1" in names, names
for how in ("a", "w", "r+"):
    try:
        open("/etc/hosts", how)
        raise SystemExit("/etc/hosts can be written")
    except OSError:
        pass
try:
    socket.getaddrinfo("example.com", 80)
    raise SystemExit("a name was looked up")
except socket.gaierror:
    pass
assert get("lily-no-such-host.invalid", 80) in ("ECONNRESET", "")
PY
	go run
	expect 0
	go show @last/a
	has "$output" "asked for lily-no-such-host.invalid:80: failed"
}

# lily's own network, with a name for an address of the documentation (RFC 5737) and one for the loopback.
# Usage: elsewhere COMMAND…
elsewhere() {
	printf '127.0.0.1 localhost\n203.0.113.7 outside.example\n127.0.0.1 inside.example\n203.0.113.1 own.example\n' >"$T/hosts"
	cat >"$T/up.py" <<'PY'
import fcntl, socket, struct
s = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
# All of a net of the loopback device is here, but only .1 is an address of this machine's.
for name, address, mask in (("lo", "127.0.0.1", "255.0.0.0"), ("lo:1", "203.0.113.1", "255.255.255.0")):
    for request, value in ((0x8916, address), (0x891c, mask)):
        fcntl.ioctl(s, request, struct.pack("16sH2s4s8x", name.encode(), socket.AF_INET, b"", socket.inet_aton(value)))
    fcntl.ioctl(s, 0x8914, struct.pack("16sH14x", name.encode(), 0x49))
PY
	unshare --map-root-user --net --mount bash -c '
		/usr/bin/python3 "$1/up.py" && mount --bind "$1/hosts" /etc/hosts && shift && "$@"' - "$T" "$@"
}

@test "a name is looked up outside, and may not lead inside" {
	[[ -e /etc/hosts ]] || skip "there is no /etc/hosts"
	unshare --map-root-user --net --mount true || skip "no user namespaces"
	cat >"$T/both" <<'SH'
set -e
/usr/bin/python3 -c '
import socket, threading
def answer(address, word):
    server = socket.create_server((address, 8080))
    while True:
        peer, _ = server.accept()
        peer.sendall(word)
        peer.close()
threading.Thread(target=answer, args=("127.0.0.1", b"inside"), daemon=True).start()
answer("203.0.113.7", b"outside")' &
trap "kill $!" EXIT
sleep 0.5
lily run
SH
	step '[ "outside.example:8080", "inside.example:8080", "own.example:8080" ]' <<'PY'
assert get("outside.example", 8080) == "outside", get("outside.example", 8080)
assert get("inside.example", 8080) in ("ECONNRESET", ""), get("inside.example", 8080)
assert get("own.example", 8080) in ("ECONNRESET", "")
assert get("203.0.113.7", 8080) == "ENETUNREACH"
PY
	run --separate-stderr elsewhere bash "$T/both"
	expect 0
	go show @last/a
	has "$output" "asked for outside.example:8080: connected, 203.0.113.7"
	has "$output" "asked for inside.example:8080: refused, 127.0.0.1, it leads to a private address"
	has "$output" "asked for own.example:8080: refused, 203.0.113.1, it leads to a private address, or this machine's"
}

@test "two hosts in one place are refused, and how the others are held is explained" {
	step '[ "localhost:5432", { host: "db.example:5432", listen: "127.0.0.1:5432" } ]' <<<''
	go run
	expect 3
	has "$stderr" 'w.lily.yaml:2:43: policy "p": another host is found there already, so that "db.example" cannot be'
	step '[ "db.example:5432" ]' <<<''
	go policy explain p
	expect 0
	has "$output" "listeners in a network namespace"
}

@test "a long answer is carried whole, and both ways at once" {
	cat >"$T/echo.py" <<'PY'
import os, socket, sys, threading
server = socket.create_server(("127.0.0.1", 0))
open(sys.argv[1] + ".new", "w").write(str(server.getsockname()[1]))
os.rename(sys.argv[1] + ".new", sys.argv[1])
def echo(peer):
    while data := peer.recv(65536):
        peer.sendall(data)
    peer.close()
while True:
    threading.Thread(target=echo, args=(server.accept()[0],), daemon=True).start()
PY
	/usr/bin/python3 "$T/echo.py" "$T/port" 3>&- &
	until_true test -s "$T/port"
	port=$(cat "$T/port")
	step "[ \"127.0.0.1:$port\" ]" <<PY
import hashlib, os, socket, threading
data = os.urandom(1 << 20) * 8
def talk(results, i):
    s = socket.create_connection(("127.0.0.1", $port), 20)
    def send():
        s.sendall(data)
        s.shutdown(socket.SHUT_WR)
    sender = threading.Thread(target=send)
    sender.start()
    got = hashlib.sha256()
    while part := s.recv(1 << 16):
        got.update(part)
    sender.join()
    results[i] = got.digest()
results = [None] * 4
threads = [threading.Thread(target=talk, args=(results, i)) for i in range(4)]
[t.start() for t in threads]
[t.join() for t in threads]
assert results == [hashlib.sha256(data).digest()] * 4
PY
	go run
	expect 0
	go show @last/a
	has "$output" "asked for 127.0.0.1:$port, 4 times: connected"
}

@test "what a step sends at its very end arrives" {
	cat >"$T/count.py" <<'PY'
import os, socket, sys
server = socket.create_server(("127.0.0.1", 0))
open(sys.argv[1] + ".new", "w").write(str(server.getsockname()[1]))
os.rename(sys.argv[1] + ".new", sys.argv[1])
while True:
    peer, _ = server.accept()
    n = 0
    try:
        while data := peer.recv(65536):
            n += len(data)
    except OSError:
        n = -1
    with open(sys.argv[2], "a") as f:
        f.write(f"{n}\n")
PY
	/usr/bin/python3 "$T/count.py" "$T/port" "$T/counts" 3>&- &
	until_true test -s "$T/port"
	port=$(cat "$T/port")
	cat >w.lily.yaml <<YAML
lily: 1
policies: { p: { net: [ "127.0.0.1:$port" ] } }
steps:
  each:
    foreach: [ 1, 2, 3, 4, 5, 6, 7, 8 ]
    policy: p
    run: 'exec 3<>/dev/tcp/127.0.0.1/$port && echo hello >&3'
YAML
	go run
	expect 0
	counted() { [[ $(grep -c '^6$' "$T/counts") -eq 8 ]]; }
	until_true counted
	[[ $(wc -l <"$T/counts") -eq 8 ]]
}

@test "many connections at once do not swamp a host that takes few" {
	cat >"$T/slow.py" <<'PY'
import os, socket, sys, time
server = socket.create_server(("127.0.0.1", 0), backlog=5)
open(sys.argv[1] + ".new", "w").write(str(server.getsockname()[1]))
os.rename(sys.argv[1] + ".new", sys.argv[1])
while True:
    peer, _ = server.accept()
    time.sleep(0.005)
    peer.sendall(b"word")
    peer.close()
PY
	/usr/bin/python3 "$T/slow.py" "$T/port" 3>&- &
	until_true test -s "$T/port"
	port=$(cat "$T/port")
	step "[ \"127.0.0.1:$port\" ]" <<PY
import socket
all = [socket.create_connection(("127.0.0.1", $port), 30) for _ in range(36)]
assert [s.makefile().read() for s in all] == ["word"] * 36
PY
	sed -i 's/policy: p,/policy: p, timeout: 13s,/' w.lily.yaml
	go run
	expect 0
}
