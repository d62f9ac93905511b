# SPDX-License-Identifier: LGPL-2.1-or-later
"""How calls run: descriptions of calls, and the two ways to wait for one.

A Call describes one call of the C library's sbx_x_start() and what comes out of it; _calls.py has
them all. run_sync() starts it on the calling thread's own queue and polls the queue's descriptor,
so the interpreter's lock is free and signals are seen: KeyboardInterrupt cancels the call.
run_async() starts it on the running event loop's queue, whose descriptor is among the loop's
readers; cancelling the task cancels the call. No threads in either.
"""
from __future__ import annotations

import asyncio
import ctypes
import os
import select
import socket
import threading
import weakref
from ctypes import byref, c_char_p, c_int, c_size_t, c_void_p
from typing import (
    TYPE_CHECKING, Any, Callable, Dict, Generic, List, Optional, Sequence, Tuple, TypeVar,
)

from ._errors import ClosedError, InvalidError, OutOfMemoryError, take_error
from ._library import lib

if TYPE_CHECKING:
    from _typeshed import ReadableBuffer

    Buffer = ReadableBuffer  # bytes, bytearray, memoryview, array, ...
else:
    Buffer = Any

T = TypeVar("T")
T_co = TypeVar("T_co", covariant=True)
ProgressFunc = Callable[[float, str, str], Optional[bool]]

# Guards the counts of handles. Reentrant: a collection may drop one while another is counted.
_lock = threading.RLock()
_live: "weakref.WeakSet[Handle]" = weakref.WeakSet()


class Handle:
    """One reference to an object of the C library, dropped once, in whatever order things end.

    A call that uses it holds it: closing it meanwhile takes effect when the call is over.
    """

    __slots__ = ("_pointer", "_release", "_uses", "_closed", "__weakref__")

    def __init__(self, pointer: int, release: str) -> None:
        self._pointer: Optional[int] = pointer
        self._release = release
        self._uses = 0
        self._closed = False
        with _lock:
            _live.add(self)

    @property
    def closed(self) -> bool:
        return self._closed

    @property
    def pointer(self) -> int:
        """For a call that does not block."""
        if self._closed or self._pointer is None:
            what = self._release.replace("sbx_", "").rpartition("_")[0] or "sandbox"
            raise ClosedError(f"this {what} is closed", hint="make or open another one")
        return self._pointer

    def hold(self) -> int:
        with _lock:
            pointer = self.pointer
            self._uses += 1
            return pointer

    def unhold(self) -> None:
        with _lock:
            self._uses -= 1
            self._drop()

    def close(self) -> None:
        with _lock:
            self._closed = True
            self._drop()

    def _drop(self) -> None:
        if self._closed and self._uses == 0 and self._pointer is not None:
            pointer, self._pointer = self._pointer, None
            getattr(lib, self._release)(pointer)

    def __del__(self) -> None:
        try:
            self.close()
        except Exception:  # at the end of the interpreter anything may be gone
            pass


def live_handles() -> int:
    """How many objects of the C library this process holds: for tests of leaks."""
    with _lock:
        return sum(1 for handle in _live if handle._pointer is not None)


# --- outputs ---


class Out(Generic[T_co]):
    """A place that a call writes to: `argument` is what the call gets, take() what was written, and
    drop() releases what nobody took."""

    __slots__ = ()

    @property
    def argument(self) -> Any:
        raise NotImplementedError

    def take(self) -> T_co:
        raise NotImplementedError

    def drop(self) -> None:
        pass


class OutNumber(Out[int]):
    __slots__ = ("cell",)

    def __init__(self, ctype: Any) -> None:
        self.cell = ctype(0)

    @property
    def argument(self) -> Any:
        return byref(self.cell)

    def take(self) -> int:
        return int(self.cell.value)


class OutSocket(Out[socket.socket]):
    """A connected socket."""

    __slots__ = ("cell",)

    def __init__(self) -> None:
        self.cell = c_int(-1)

    @property
    def argument(self) -> Any:
        return byref(self.cell)

    def take(self) -> socket.socket:
        connected = socket.socket(fileno=self.cell.value)
        self.cell.value = -1
        return connected

    def drop(self) -> None:
        if self.cell.value >= 0:
            self.take().close()


class OutHandle(Out[Handle]):
    __slots__ = ("cell", "release")

    def __init__(self, release: str) -> None:
        self.cell = c_void_p()
        self.release = release

    @property
    def argument(self) -> Any:
        return byref(self.cell)

    def take(self) -> Handle:
        handle = Handle(self.cell.value or 0, self.release)
        self.cell.value = None
        return handle

    def drop(self) -> None:
        if self.cell.value:
            self.take().close()


class OutHandles(Out[List[Handle]]):
    __slots__ = ("cells", "release")

    def __init__(self, release: str, count: int) -> None:
        self.cells = (c_void_p * max(1, min(count, 65536)))()
        self.release = release

    @property
    def argument(self) -> Any:
        return self.cells

    def take(self) -> List[Handle]:
        handles = [Handle(pointer, self.release) for pointer in self.cells if pointer]
        for index in range(len(self.cells)):
            self.cells[index] = None
        return handles

    def drop(self) -> None:
        for handle in self.take():
            handle.close()


class OutText(Out[bytes]):
    __slots__ = ("cell",)

    def __init__(self) -> None:
        self.cell = c_void_p()

    @property
    def argument(self) -> Any:
        return byref(self.cell)

    def take(self) -> bytes:
        data = ctypes.string_at(self.cell.value) if self.cell.value else b""
        self.drop()
        return data

    def drop(self) -> None:
        pointer, self.cell.value = self.cell.value, None
        lib.sbx_free(pointer)


class OutBytes(OutText):
    __slots__ = ("size",)

    def __init__(self) -> None:
        super().__init__()
        self.size = c_size_t(0)

    @property
    def length(self) -> Any:
        return byref(self.size)

    def take(self) -> bytes:
        data = ctypes.string_at(self.cell.value, self.size.value) if self.cell.value else b""
        self.drop()
        return data


class OutBuffer(Out[bytes]):
    __slots__ = ("data", "size")

    def __init__(self, size: int) -> None:
        if not 0 <= size < 2**62:
            raise InvalidError(f"{size} bytes cannot be read", hint="ask for 0 or more")
        try:
            self.data = ctypes.create_string_buffer(max(size, 1))
        except (MemoryError, OverflowError):
            raise OutOfMemoryError(f"there is no memory for {size} bytes") from None
        self.size = c_size_t(0)

    @property
    def argument(self) -> Any:
        return self.data

    @property
    def length(self) -> Any:
        return byref(self.size)

    def take(self) -> bytes:
        return ctypes.string_at(self.data, self.size.value)


# --- arguments ---


def strings(values: Optional[Sequence[bytes]]) -> Any:
    """An array of C strings."""
    return None if values is None else (c_char_p * len(values))(*values)


def buffer(data: Buffer) -> Any:
    """Bytes as a pointer. The twins copy them; bytes objects are passed as they are."""
    if isinstance(data, bytes):
        return c_char_p(data)
    view = memoryview(data).cast("B") if memoryview(data).contiguous else memoryview(bytes(data))
    if view.readonly:
        return c_char_p(view.tobytes())
    return (ctypes.c_char * view.nbytes).from_buffer(view)


_PROGRESS = ctypes.CFUNCTYPE(c_int, c_void_p, c_int, c_char_p, c_char_p)


class Progress:
    """A Python function as an sbx_progress_func. Its exception ends the call, which raises it."""

    __slots__ = ("function", "raised", "argument")

    def __init__(self, function: Optional[ProgressFunc]) -> None:
        self.function = function
        self.raised: Optional[BaseException] = None
        self.argument: Any = _PROGRESS(self._call) if function else None

    def _call(self, _: Any, permille: int, stage: bytes, text: bytes) -> int:
        assert self.function is not None
        try:
            go_on = self.function(permille / 1000, stage.decode("utf-8", "replace"),
                                  text.decode("utf-8", "replace"))
        except BaseException as error:  # raised again by Call.finish()
            self.raised = error
            return 1
        return 1 if go_on is False else 0


def progress_function(progress: Optional[Progress]) -> Any:
    return progress


# --- calls ---


class Call(Generic[T_co]):
    """One call that blocks, not started yet."""

    __slots__ = ("name", "arguments", "outs", "with_code", "op", "held", "progress")

    def __init__(self, name: str, arguments: Tuple[Any, ...], outs: Tuple[Any, ...],
                 with_code: bool = False) -> None:
        self.name = name
        self.arguments = arguments
        self.outs = outs
        self.with_code = with_code
        self.op = c_void_p()
        self.held: List[Handle] = []
        self.progress: Optional[Progress] = None

    def start(self, queue: Optional[int]) -> None:
        values: List[Any] = []
        for argument in self.arguments:
            if isinstance(argument, Handle):
                values.append(argument.hold())
                self.held.append(argument)
            elif isinstance(argument, Out):
                values.append(argument.argument)
            elif isinstance(argument, Progress):
                self.progress = argument
                values.append(ctypes.cast(argument.argument, c_void_p)
                              if argument.argument else None)
            else:
                values.append(argument)
        error = c_void_p()
        try:
            code = getattr(lib, self.name)(*values, queue, byref(self.op), byref(error))
        except ctypes.ArgumentError as wrong:
            raise InvalidError(f"{self.operation}(): {wrong}", operation=self.operation) from None
        if code < 0:
            raise take_error(error.value, code, self.operation)

    @property
    def operation(self) -> str:
        return self.name[:-len("_start")]

    @property
    def is_done(self) -> bool:
        return lib.sbx_op_is_done(self.op) != 0  # type: ignore[no-any-return]

    def finish(self) -> T_co:
        """What the call brought, or the exception it failed with."""
        error = c_void_p()
        code = lib.sbx_op_finish(self.op, byref(error))
        if self.progress is not None and self.progress.raised is not None:
            raise self.progress.raised
        if code < 0:
            raise take_error(error.value, code, self.operation)
        values = [out.take() for out in self.outs]
        if not values:
            return code  # type: ignore[no-any-return]
        if self.with_code:
            values.insert(0, code)
        return values[0] if len(values) == 1 else tuple(values)  # type: ignore[return-value]

    def cancel(self) -> bool:
        """Gives up; whether the call is over."""
        return not self.op.value or lib.sbx_op_cancel(self.op) != 0

    def drop(self) -> None:
        """The end of it, whatever happened: drops the op, releases what was not taken."""
        op, self.op.value = self.op.value, None
        lib.sbx_op_unref(op)
        for out in self.outs:
            out.drop()
        held, self.held = self.held, []
        for handle in held:
            handle.unhold()


class Queue:
    """An sbx_queue."""

    __slots__ = ("handle", "pointer", "descriptor", "__weakref__")

    def __init__(self) -> None:
        cell, error = c_void_p(), c_void_p()
        code = lib.sbx_queue_new(byref(cell), byref(error))
        if code < 0:
            raise take_error(error.value, code, "sbx_queue_new")
        self.handle = Handle(cell.value or 0, "sbx_queue_unref")
        self.pointer = cell.value
        self.descriptor: int = lib.sbx_get_fd(self.pointer)

    def dispatch(self) -> None:
        error = c_void_p()
        code = lib.sbx_dispatch(self.pointer, byref(error))
        if code < 0:
            raise take_error(error.value, code, "sbx_dispatch")


# --- waiting in a thread ---


class _ThreadQueue(Queue):
    __slots__ = ("poll", "busy")

    def __init__(self) -> None:
        super().__init__()
        self.poll = select.poll()
        self.poll.register(self.descriptor, select.POLLIN)
        self.busy = False

    def go_on(self, call: "Call[Any]") -> None:
        """Until the call is done. Signals interrupt it with what their handlers raise."""
        self.busy = True
        try:
            while True:
                self.dispatch()
                if call.is_done:
                    return
                self.poll.poll()
        finally:
            self.busy = False


class _Local(threading.local):
    queue: Optional[_ThreadQueue] = None


_local = _Local()


def _thread_queue() -> _ThreadQueue:
    queue = _local.queue
    if queue is None:
        queue = _local.queue = _ThreadQueue()
    if queue.busy:  # within a progress function or a signal's handler
        return _ThreadQueue()
    return queue


def run_sync(call: Call[T]) -> T:
    """Runs a call to its end, on this thread."""
    queue = _thread_queue()
    try:
        call.start(queue.pointer)
        queue.go_on(call)
        return call.finish()
    except BaseException:
        # KeyboardInterrupt, most likely. A second one does not wait for the end of the call.
        if call.op.value and not call.is_done and not call.cancel():
            queue.go_on(call)
        raise
    finally:
        call.drop()


# --- waiting in an event loop ---


class _LoopQueue(Queue):
    """The queue of an event loop: its calls, and whoever waits for each."""

    __slots__ = ("calls", "is_read")

    def __init__(self) -> None:
        super().__init__()
        self.is_read = False
        self.calls: Dict[int, Tuple["Call[Any]", Optional["asyncio.Future[Any]"]]] = {}

    def add(self, loop: asyncio.AbstractEventLoop, call: "Call[Any]") -> "asyncio.Future[Any]":
        future: "asyncio.Future[Any]" = loop.create_future()
        try:
            call.start(self.pointer)
        except BaseException:
            call.drop()
            raise
        self.calls[call.op.value or 0] = (call, future)
        self.go_on(loop)  # its first step at once, without a turn of the loop
        if self.calls and not self.is_read:
            loop.add_reader(self.descriptor, self.go_on, loop)
            self.is_read = True
        return future

    def go_on(self, loop: asyncio.AbstractEventLoop) -> None:
        """Lets calls go on that can. Called by the loop when the queue's descriptor is readable."""
        try:
            self.dispatch()
        except BaseException as error:
            self.fail(loop, error)
            return
        while True:
            op = lib.sbx_queue_next(self.pointer)
            if not op:
                break
            self.settle(op)
        self.leave(loop)

    def settle(self, op: int) -> None:
        call, future = self.calls.pop(op)
        try:
            if future is not None and not future.done():
                try:
                    future.set_result(call.finish())
                except BaseException as error:
                    future.set_exception(error)
        finally:
            call.drop()

    def fail(self, loop: asyncio.AbstractEventLoop, error: BaseException) -> None:
        """The queue does not work any more (fork): nobody is to wait for ever."""
        for op in list(self.calls):
            call, future = self.calls.pop(op)
            if future is not None and not future.done():
                future.set_exception(error)
            call.drop()
        self.leave(loop)

    def abandon(self, loop: asyncio.AbstractEventLoop, call: "Call[Any]") -> None:
        """Whoever waited does not any more. A call that needs a moment to end is kept till then."""
        op = call.op.value or 0
        if op not in self.calls:
            return
        if call.cancel():
            del self.calls[op]
            call.drop()
            self.leave(loop)
        else:
            self.calls[op] = (call, None)

    def leave(self, loop: asyncio.AbstractEventLoop) -> None:
        if not self.calls and self.is_read:
            loop.remove_reader(self.descriptor)
            self.is_read = False


_loops: "weakref.WeakKeyDictionary[asyncio.AbstractEventLoop, _LoopQueue]" = (
    weakref.WeakKeyDictionary())


async def run_async(call: Call[T]) -> T:
    """Runs a call to its end while the event loop goes on."""
    loop = asyncio.get_running_loop()
    queue = _loops.get(loop)
    if queue is None:
        queue = _loops[loop] = _LoopQueue()
    future: "asyncio.Future[T]" = queue.add(loop, call)
    try:
        return await future
    except BaseException:
        if future.done() and not future.cancelled():
            future.exception()  # nobody else will look at it
        queue.abandon(loop, call)
        raise


# --- the end of the process, and its children ---


def _after_fork() -> None:
    """In the child: locks that other threads held are nobody's, queues are the parent's."""
    global _lock, _local
    _lock = threading.RLock()
    _local = _Local()
    _loops.clear()


def release_all() -> None:
    """Drops every object that is still held: sandboxes of session lifetime end."""
    with _lock:
        handles = list(_live)
    for handle in handles:
        handle.close()


os.register_at_fork(after_in_child=_after_fork)
