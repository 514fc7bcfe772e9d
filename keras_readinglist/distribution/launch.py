"""Processes of torch that work together: they begin together, and end together if one fails."""

import datetime
import multiprocessing.connection
import os
import pathlib
import pickle
import signal
import sys

from keras_readinglist.layers.validation import check_size

# Seconds for which one waits for another. One that was killed is noticed at once, by its closed
# connection; this is for one that hangs.
TIMEOUT = 50.0


def launch(fn, num_processes, *args, timeout=TIMEOUT) -> None:
    """Run a function in several processes of this machine that can send each other tensors.

    Each of them is in a process group of torch: gloo, or nccl if Keras computes on GPUs, of which
    each process then has one. On several machines `torchrun` starts the processes instead, and
    the script calls `initialize`.

    Args:
        fn: Function of a module, called as `fn(*args)` in every process, once the group is there.
            A script that calls `launch` must do so under `if __name__ == "__main__"`.
        num_processes: Positive integer.
        *args: Its arguments, which can be pickled.
        timeout: Seconds for which a process waits for another before it fails.

    Raises:
        RuntimeError: If a process fails or is killed, with its rank; the others have been ended.

    Example:
        >>> launch(print, 2, "one of two")  # doctest: +SKIP
        one of two
        one of two
    """
    import torch
    from torch.distributed import TCPStore
    from torch.multiprocessing import start_processes

    num_processes = check_size("num_processes", num_processes)
    if not callable(fn):
        raise ValueError(f"`fn` must be a function. Received: fn={fn}")
    # This process has the store, so that the port is free and stays so.
    store = TCPStore("127.0.0.1", 0, is_master=True, wait_for_workers=False)
    threads = max(1, torch.get_num_threads() // num_processes)
    given = fn, num_processes, store.port, threads, timeout, args
    context = start_processes(_begin, given, num_processes, join=False, start_method="spawn")
    try:
        failed = _join(context.processes)
    finally:
        for process in context.processes:
            process.kill()
            process.join()
    if failed:
        raise RuntimeError(_reason(failed, context.error_files))


def _join(running):
    """Wait until all processes are done or one failed; return `{rank: exit code}` of the failed."""
    waiting = {process.sentinel: process for process in running}
    while waiting:
        for sentinel in multiprocessing.connection.wait(waiting):
            waiting.pop(sentinel).join()
        failed = {rank: process.exitcode for rank, process in enumerate(running)}
        failed = {rank: code for rank, code in failed.items() if code}
        if failed:
            return failed
    return {}


def _reason(failed, files):
    """Return what ended the processes: the first that failed, for the others lost a connection."""
    files = [pathlib.Path(file) for file in files]  # with what was raised, written by torch

    def moment(rank):
        return files[rank].stat().st_mtime if files[rank].exists() else 0.0

    rank = min(failed, key=lambda rank: (failed[rank] > 0, moment(rank)))
    if failed[rank] < 0:
        how = f"was ended by {signal.Signals(-failed[rank]).name}."
    elif files[rank].exists():
        how = f"failed:\n{pickle.loads(files[rank].read_bytes())}"
    else:
        how = f"ended with exit code {failed[rank]}."
    return f"Process {rank} of {len(files)} {how}"


def _begin(rank, fn, num_processes, port, threads, timeout, args):
    """Be a process of `launch`."""
    import torch

    os.environ |= {
        "RANK": str(rank),
        "LOCAL_RANK": str(rank),
        "WORLD_SIZE": str(num_processes),
        "LOCAL_WORLD_SIZE": str(num_processes),
        "MASTER_ADDR": "127.0.0.1",
        "MASTER_PORT": str(port),
        "TORCHELASTIC_USE_AGENT_STORE": "True",  # none of the processes has the store
    }
    torch.set_num_threads(threads)
    initialize(timeout)
    fn(*args)
    torch.distributed.destroy_process_group()


def initialize(timeout=TIMEOUT) -> None:
    """Join the process group of torch, in a script that `torchrun` started.

    To be called before a model is built: it also chooses the GPU of the process.

    Args:
        timeout: Seconds for which a process waits for another before it fails.

    Raises:
        ValueError: If no launcher started this process, or there are too few GPUs.
    """
    import torch

    if "RANK" not in os.environ:
        raise ValueError(
            "`initialize` needs the variables of a launcher: start the script by "
            "`torchrun --nproc-per-node 2 script.py`, or use `launch`. Received: no RANK"
        )
    wanted = int(os.environ.get("LOCAL_WORLD_SIZE", 1))
    on_gpus = torch.cuda.is_available() and os.environ.get("KERAS_TORCH_DEVICE", "cuda") != "cpu"
    if on_gpus:
        if torch.cuda.device_count() < wanted:
            raise ValueError(
                "Every process needs a GPU of its own; KERAS_TORCH_DEVICE=cpu does without. "
                f"Received: {wanted} processes and {torch.cuda.device_count()} GPUs"
            )
        torch.cuda.set_device(int(os.environ["LOCAL_RANK"]))
    torch.distributed.init_process_group(
        "cpu:gloo,cuda:nccl" if on_gpus else "gloo", timeout=datetime.timedelta(seconds=timeout)
    )


def processes():
    """Return the rank of this process and how many there are, `(0, 1)` if it is alone."""
    torch = sys.modules.get("torch")
    if torch is None or not torch.distributed.is_available():
        return 0, 1
    if not torch.distributed.is_initialized():
        return 0, 1
    return torch.distributed.get_rank(), torch.distributed.get_world_size()
