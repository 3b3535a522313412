"""A network between this machine and a device in a network namespace of its own, which loses packets on request."""

import collections
import contextlib
import ctypes
import fcntl
import os
import select
import shutil
import socket
import struct
import subprocess
import threading

from waiting import Failed

LANES = 250
SUBNETS = 256
# About 12 s without and with something to send: longer than a fault lasts.
PATIENCE_OF_THE_DEVICE = {"keepalive_time": 10, "keepalive_intvl": 1, "keepalive_probes": 3, "retries2": 5}

TUNSETIFF = 0x400454CA
IFF_TUN_WITHOUT_HEADER = 0x0001 | 0x1000
CLONE_NEWNET = 0x40000000
TCP_SYN, TCP_ACK = 0x02, 0x10

_libc = ctypes.CDLL(None, use_errno=True)


class Unavailable(Exception):
    """This machine cannot make such a network; the text says what it lacks."""


def _check(result, what):
    if result < 0:
        number = ctypes.get_errno()
        raise Unavailable(f"{what}: {os.strerror(number)}")


def _ip(*words):
    done = subprocess.run(["ip", *words], capture_output=True, text=True, check=False)
    if done.returncode != 0:
        raise Unavailable(f"ip {' '.join(words)}: {done.stderr.strip()}")


def _open_tunnel(name):
    """A TUN device of the calling thread's namespace; it is gone with its descriptor."""
    try:
        tunnel = os.open("/dev/net/tun", os.O_RDWR | os.O_NONBLOCK | os.O_CLOEXEC)
    except OSError as error:
        raise Unavailable(f"/dev/net/tun: {error.strerror}") from error
    try:
        fcntl.ioctl(tunnel, TUNSETIFF, struct.pack("16sH14x", name.encode(), IFF_TUN_WITHOUT_HEADER))
    except OSError as error:
        os.close(tunnel)
        raise Unavailable(f"the TUN device {name}: {error.strerror}") from error
    return tunnel


class LossyNetwork:
    """Two TUN devices, one here and one in a new namespace, and a thread that carries every packet from one to the other.

    Every address of address(0 … LANES - 1) leads to the namespace: a device that listens there on all addresses is as many
    devices, each of which can be cut off by itself. A lost packet is just gone, whichever way it went: no reset, no
    ICMP, no answer to a SYN.

    Raises Unavailable where the machine has no TUN device or forbids namespaces.
    """

    def __init__(self):
        self.passed = 0
        self.lost = collections.Counter()  # "connects", "data" and "others"
        self._cut_off = set()
        self._stack = contextlib.ExitStack()
        self._namespace = None
        self._subnet = None
        self._here = self._there = None

    def address(self, lane):
        return f"198.18.{self._subnet}.{lane + 1}"  # RFC 2544: for tests of networks, nobody routes it

    def lose_packets_of(self, address):
        self._cut_off.add(socket.inet_aton(address))

    def pass_packets_of(self, address):
        self._cut_off.discard(socket.inet_aton(address))

    def inside(self, work):
        """Runs work() in the namespace, where the processes it starts stay; returns what it returns."""
        def enter():
            _check(_libc.setns(self._namespace, CLONE_NEWNET), "setns")
            return work()
        return self._in_thread(enter)

    def __enter__(self):
        with contextlib.ExitStack() as stack:
            if not shutil.which("ip"):
                raise Unavailable("the program ip (iproute2) is not installed")
            self._open_here(stack)
            self._in_thread(lambda: self._open_there(stack))
            _ip("address", "add", f"198.19.{self._subnet}.1/32", "dev", self._name)
            _ip("link", "set", self._name, "up")
            _ip("route", "add", f"198.18.{self._subnet}.0/24", "dev", self._name, "src", f"198.19.{self._subnet}.1")
            self._start_carrying(stack)
            self._stack = stack.pop_all()
        return self

    def __exit__(self, *unused):
        self._stack.close()

    # --- making it

    @property
    def _name(self):
        return f"tagwerk-{self._subnet}"

    def _open_here(self, stack):
        """The subnet is the first whose device nobody has, so that several tests can run side by side."""
        for self._subnet in range(SUBNETS):
            if not os.path.exists(f"/sys/class/net/{self._name}"):
                self._here = _open_tunnel(self._name)
                stack.callback(os.close, self._here)
                return
        raise Unavailable(f"all {SUBNETS} TUN devices tagwerk-… are taken")

    def _open_there(self, stack):
        _check(_libc.unshare(CLONE_NEWNET), "a network namespace")
        self._namespace = os.open(f"/proc/self/task/{threading.get_native_id()}/ns/net", os.O_RDONLY | os.O_CLOEXEC)
        stack.callback(os.close, self._namespace)
        self._there = _open_tunnel("device")
        stack.callback(os.close, self._there)
        # A device must let go of connections whose other end died while packets were lost, or it has none left one day.
        for name, value in PATIENCE_OF_THE_DEVICE.items():
            with open(f"/proc/sys/net/ipv4/tcp_{name}", "w", encoding="ascii") as setting:
                setting.write(str(value))
        _ip("link", "set", "lo", "up")
        _ip("address", "add", f"198.18.{self._subnet}.0/24", "dev", "lo")  # on lo: every address of the subnet
        _ip("link", "set", "device", "up")
        _ip("route", "add", f"198.19.{self._subnet}.1/32", "dev", "device")

    @staticmethod
    def _in_thread(work):
        """A namespace belongs to a thread, so ours stays where it is."""
        results, errors = [], []

        def run():
            try:
                results.append(work())
            except Exception as error:  # pylint: disable=broad-except  # raised below
                errors.append(error)
        thread = threading.Thread(target=run)
        thread.start()
        thread.join()
        if errors:
            raise errors[0]
        return results[0]

    # --- carrying

    def _start_carrying(self, stack):
        end, ending = os.pipe()
        stack.callback(os.close, end)
        stack.callback(os.close, ending)
        thread = threading.Thread(target=self._carry, args=(end,), daemon=True)
        thread.start()
        stack.callback(thread.join, 5)
        stack.callback(os.write, ending, b"x")

    def _carry(self, end):
        ways = {self._here: (self._there, slice(16, 20)), self._there: (self._here, slice(12, 16))}
        while True:
            ready, _, _ = select.select([*ways, end], [], [])
            if end in ready:
                return
            for source in ready:
                sink, device = ways[source]
                with contextlib.suppress(BlockingIOError):
                    packet = os.read(source, 65536)
                    if packet[0] >> 4 == 4:
                        self._carry_one(packet, packet[device], sink)

    def _carry_one(self, packet, device, sink):
        if device in self._cut_off:
            self.lost[_kind_of(packet)] += 1
        else:
            os.write(sink, packet)
            self.passed += 1


def _kind_of(packet):
    """What is lost of a TCP connection; acknowledgements and ends count as others."""
    tcp = (packet[0] & 15) * 4
    if packet[9] != socket.IPPROTO_TCP or len(packet) < tcp + 20:
        return "others"
    if packet[tcp + 13] & (TCP_SYN | TCP_ACK) == TCP_SYN:
        return "connects"
    return "data" if len(packet) > tcp + (packet[tcp + 12] >> 4) * 4 else "others"


class LossyWay:
    """A device as a fault proxy shows it, behind a LossyNetwork."""

    def __init__(self, network, lane, port):
        self.host = network.address(lane)
        self.port = port
        self._network = network

    def fail(self, mode):
        if mode != "packets lost":
            raise Failed(f"a network knows no fault '{mode}'")
        self._network.lose_packets_of(self.host)

    def heal(self):
        self._network.pass_packets_of(self.host)
