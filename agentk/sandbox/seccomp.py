"""The system calls a program may not make: a small seccomp filter, without a library.

Namespaces already take away files, network and processes. The filter narrows what of the kernel an untrusted program can
reach at all, closes what namespaces leave open (AF_VSOCK, keyrings), and memory that no process is charged for
(memfd, System V shared memory).
"""

from __future__ import annotations

import ctypes
import errno
import platform
import struct

from agentk.sandbox import kernel

# number on x86_64, number on aarch64
_DENIED: dict[str, tuple[int, int]] = {
    "ptrace": (101, 117),
    "process_vm_readv": (310, 270),
    "process_vm_writev": (311, 271),
    "mount": (165, 40),
    "umount2": (166, 39),
    "pivot_root": (155, 41),
    "chroot": (161, 51),
    "unshare": (272, 97),
    "setns": (308, 268),
    "open_tree": (428, 428),
    "move_mount": (429, 429),
    "fsopen": (430, 430),
    "fsmount": (432, 432),
    "mount_setattr": (442, 442),
    "bpf": (321, 280),
    "perf_event_open": (298, 241),
    "userfaultfd": (323, 282),
    "io_uring_setup": (425, 425),
    "io_uring_enter": (426, 426),
    "io_uring_register": (427, 427),
    "add_key": (248, 217),
    "request_key": (249, 218),
    "keyctl": (250, 219),
    "init_module": (175, 105),
    "finit_module": (313, 273),
    "delete_module": (176, 106),
    "kexec_load": (246, 104),
    "kexec_file_load": (320, 294),
    "reboot": (169, 142),
    "swapon": (167, 224),
    "swapoff": (168, 225),
    "acct": (163, 89),
    "quotactl": (179, 60),
    "settimeofday": (164, 170),
    "clock_settime": (227, 112),
    "adjtimex": (159, 171),
    "open_by_handle_at": (304, 265),
    "memfd_create": (319, 279),
    "memfd_secret": (447, 447),
    "shmget": (29, 194),
    "msgget": (68, 186),
    "semget": (64, 190),
    "mq_open": (240, 180),
}
_ABSENT = 0xFFFFFFFF
# What Landlock does not guard: a file's mode, owner, times and attributes. It may believe that it changed them.
_PRETENDED: dict[str, tuple[int, int]] = {
    "chmod": (90, _ABSENT),
    "fchmod": (91, 52),
    "fchmodat": (268, 53),
    "fchmodat2": (452, 452),
    "chown": (92, _ABSENT),
    "fchown": (93, 55),
    "lchown": (94, _ABSENT),
    "fchownat": (260, 54),
    "utime": (132, _ABSENT),
    "utimes": (235, _ABSENT),
    "futimesat": (261, _ABSENT),
    "utimensat": (280, 88),
    "setxattr": (188, 5),
    "lsetxattr": (189, 6),
    "fsetxattr": (190, 7),
    "removexattr": (197, 14),
    "lremovexattr": (198, 15),
    "fremovexattr": (199, 16),
}
_IDENTITY: dict[str, tuple[int, int]] = {"setuid": (105, 146), "setreuid": (113, 145), "setresuid": (117, 147)}
_CLONE = (56, 220)
_CLONE3 = 435  # its flags lie in memory, out of a filter's sight: absent, so that libc falls back to clone
_SOCKET = (41, 198)
_AUDIT_ARCH = {"x86_64": 0xC000003E, "aarch64": 0xC00000B7}
_NEW_NAMESPACE = (
    kernel.CLONE_NEWNS
    | kernel.CLONE_NEWCGROUP
    | kernel.CLONE_NEWUTS
    | kernel.CLONE_NEWIPC
    | kernel.CLONE_NEWUSER
    | kernel.CLONE_NEWPID
    | kernel.CLONE_NEWNET
)
_AF_UNIX = 1
_X32 = 0x40000000

_LOAD, _EQUAL, _AT_LEAST, _ANY_BIT, _RETURN = 0x20, 0x15, 0x35, 0x45, 0x06
_NUMBER, _ARCH, _FIRST_ARGUMENT = 0, 4, 16
_ALLOW, _ERRNO, _KILL = 0x7FFF0000, 0x00050000, 0x80000000


class _Program(ctypes.Structure):
    _fields_ = (("length", ctypes.c_ushort), ("filter", ctypes.c_char_p))


def supported() -> bool:
    """Whether the filter is written for this processor."""
    return platform.machine() in _AUDIT_ARCH


def install(*, alone: bool) -> None:
    """Filters this process and all it will start, for good. Needs no_new_privs. Raises OSError.

    `alone`: there are no namespaces, so that it must also do without unix sockets, changes of identity and of files' modes.
    """
    code = _compile(platform.machine(), alone)
    program = _Program(len(code) // 8, code)
    kernel.prctl(kernel.PR_SET_SECCOMP, 2, ctypes.addressof(program))


def _compile(machine: str, alone: bool) -> bytes:
    column = ("x86_64", "aarch64").index(machine)
    code = [_step(_LOAD, _ARCH), *_unless(_EQUAL, _AUDIT_ARCH[machine], _KILL), _step(_LOAD, _NUMBER)]
    if machine == "x86_64":
        code += _when(_AT_LEAST, _X32, _ERRNO | errno.ENOSYS)
    code += _when(_EQUAL, _CLONE3, _ERRNO | errno.ENOSYS)
    for numbers in _DENIED.values():
        code += _when(_EQUAL, numbers[column], _ERRNO | errno.EPERM)
    if alone:
        code += _when(_EQUAL, _SOCKET[column], _ERRNO | errno.EACCES)
        for numbers in _IDENTITY.values():
            code += _when(_EQUAL, numbers[column], _ERRNO | errno.EPERM)
        for numbers in _PRETENDED.values():
            code += _when(_EQUAL, numbers[column], _ERRNO)
    refused_family = [_step(_LOAD, _FIRST_ARGUMENT), *_unless(_EQUAL, _AF_UNIX, _ERRNO | errno.EACCES)]
    code += [_step(_EQUAL, _SOCKET[column], 0, len(refused_family) + 1), *refused_family, _step(_RETURN, _ALLOW)]
    refused_flags = [_step(_LOAD, _FIRST_ARGUMENT), *_when(_ANY_BIT, _NEW_NAMESPACE, _ERRNO | errno.EPERM)]
    code += [_step(_EQUAL, _CLONE[column], 0, len(refused_flags)), *refused_flags, _step(_RETURN, _ALLOW)]
    return b"".join(code)


def _step(operation: int, value: int, if_true: int = 0, if_false: int = 0) -> bytes:
    return struct.pack("HBBI", operation, if_true, if_false, value)


def _when(test: int, value: int, verdict: int) -> list[bytes]:
    return [_step(test, value, 0, 1), _step(_RETURN, verdict)]


def _unless(test: int, value: int, verdict: int) -> list[bytes]:
    return [_step(test, value, 1, 0), _step(_RETURN, verdict)]
