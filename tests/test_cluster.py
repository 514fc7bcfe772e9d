"""The files for clusters run the commands that this package has."""

import os
import pathlib
import re
import shutil
import subprocess

import pytest

from keras_readinglist import cli, recipes

pytestmark = pytest.mark.once

DOCS = pathlib.Path(__file__).parents[1] / "docs"
SLURM = DOCS / "cluster" / "train.slurm"
INDEX = "metadata.annotations['batch.kubernetes.io/job-completion-index']"
# What a node of Slurm knows, and programs that print how they were called.
NODE = {
    "SLURM_JOB_NODELIST": "node[1-2]",
    "SLURM_JOB_ID": "70001",
    "SLURM_JOB_NUM_NODES": "2",
    "SLURM_GPUS_ON_NODE": "4",
    "SLURM_NODEID": "1",
}
PROGRAMS = {
    "scontrol": 'printf "node1\\nnode2\\n"',
    "srun": 'shift; exec "$@"',
    "torchrun": 'printf "%s\\n" "$@"',
    "keras-readinglist": 'env | grep KERAS_DIST; printf "%s\\n" "$@"',
}


def check_train(arguments, backend):
    """Assert that arguments of the command train a run whose batches can be split over 8 GPUs."""
    parsed = cli._parser().parse_args(arguments)
    assert parsed.run is cli._train and parsed.distribute == "data" and parsed.resume
    assert parsed.backend == backend and parsed.scale == "full"
    config = recipes.load(parsed.item).config(parsed.which, parsed.scale, 0)
    assert config["batch_size"] % 8 == 0


def run_slurm(folder, *arguments):
    """Run the script with programs that only print, and return the lines printed."""
    for name, line in PROGRAMS.items():
        program = folder / name
        program.write_text(f"#!/bin/bash\n{line}\n")
        program.chmod(0o755)
    return subprocess.run(
        ["bash", SLURM, *arguments],
        env={**os.environ, **NODE, "PATH": f"{folder}:{os.environ['PATH']}"},
        capture_output=True,
        text=True,
    )


def test_slurm_asks_for_one_task_a_node():
    text = SLURM.read_text()
    asked = dict(re.findall(r"^#SBATCH --([\w-]+)(?:=(\S+))?$", text, re.M))
    assert asked["nodes"] == "2" and asked["ntasks-per-node"] == "1" and "requeue" in asked
    if shutil.which("shellcheck"):
        done = subprocess.run(["shellcheck", SLURM], capture_output=True, text=True)
        assert done.returncode == 0, done.stdout


def test_slurm_on_jax(tmp_path):
    done = run_slurm(tmp_path, "jax", "resnet", "--run", "resnet_20")
    assert done.returncode == 0, done.stderr
    lines = done.stdout.splitlines()
    at = lines.index("train")
    variables = dict(line.split("=") for line in lines[:at])
    assert variables == {
        "KERAS_DISTRIBUTION_JOB_ADDRESSES": "node1:30001",
        "KERAS_DISTRIBUTION_NUM_PROCESSES": "2",
        "KERAS_DISTRIBUTION_PROCESS_ID": "1",
    }
    check_train(lines[at:], "jax")


def test_slurm_on_torch(tmp_path):
    done = run_slurm(tmp_path, "torch", "resnet", "--run", "resnet_20")
    assert done.returncode == 0, done.stderr
    lines = done.stdout.splitlines()
    check_torchrun(lines, {"--nproc-per-node": "4", "--rdzv-endpoint": "node1:30001"})
    assert run_slurm(tmp_path, "mxnet", "resnet").returncode == 2
    assert "name jax or torch" in run_slurm(tmp_path).stderr


def check_torchrun(arguments, expected):
    """Assert that torchrun gets what it must, and starts the command."""
    at = arguments.index("-m")
    options = dict(zip(arguments[:at:2], arguments[1:at:2], strict=True))
    assert expected.items() <= options.items() and options["--nnodes"] == "2"
    parser = pytest.importorskip("torch.distributed.run").get_args_parser()
    parsed = parser.parse_args(arguments)  # which would take `--run` for one of its own
    assert parsed.module and parsed.training_script == "keras_readinglist.cli"
    check_train(parsed.training_script_args, "torch")


def manifest(backend):
    """Return a JobSet, its job and its container."""
    yaml = pytest.importorskip("yaml")
    whole = yaml.safe_load((DOCS / "cluster" / f"jobset-{backend}.yaml").read_text())
    assert whole["kind"] == "JobSet" and whole["apiVersion"] == "jobset.x-k8s.io/v1alpha2"
    assert whole["spec"]["network"]["enableDNSHostnames"]
    (replicated,) = whole["spec"]["replicatedJobs"]
    job = replicated["template"]["spec"]
    assert job["completionMode"] == "Indexed" and job["completions"] == job["parallelism"] == 2
    first = f"{whole['metadata']['name']}-{replicated['name']}-0-0.{whole['metadata']['name']}"
    pod = job["template"]["spec"]
    (container,) = pod["containers"]
    assert {m["name"] for m in container["volumeMounts"]} == {v["name"] for v in pod["volumes"]}
    assert container["resources"]["limits"]["nvidia.com/gpu"] == 4
    variables = {v["name"]: v.get("value") or v["valueFrom"] for v in container["env"]}
    return first, variables, container


def test_jobset_of_jax():
    first, variables, container = manifest("jax")
    port = container["ports"][0]["containerPort"]
    assert variables["KERAS_DISTRIBUTION_JOB_ADDRESSES"] == f"{first}:{port}"
    assert variables["KERAS_DISTRIBUTION_NUM_PROCESSES"] == "2"
    assert variables["KERAS_DISTRIBUTION_PROCESS_ID"] == {"fieldRef": {"fieldPath": INDEX}}
    assert container["command"] == ["keras-readinglist"]
    check_train(container["args"], "jax")


def test_jobset_of_torch():
    first, variables, container = manifest("torch")
    assert variables["NODE_RANK"] == {"fieldRef": {"fieldPath": INDEX}}
    assert container["command"] == ["torchrun"]
    arguments = ["1" if a == "$(NODE_RANK)" else a for a in container["args"]]
    assert "$(NODE_RANK)" in container["args"]
    expected = {"--nproc-per-node": "4", "--master-addr": first, "--node-rank": "1"}
    check_torchrun(arguments, expected)


def test_commands_of_the_page_and_of_the_readme_are_ours():
    for name in ("docs/distribution.md", "README.md"):
        text = (DOCS.parent / name).read_text(encoding="utf-8").replace("\\\n", " ")
        lines = [line for line in text.splitlines() if "--distribute data" in line]
        lines = [line.strip() for line in lines if line.startswith("    ")]
        assert len(lines) >= 2
        for line in lines:
            words = line.split()
            parsed = cli._parser().parse_args(words[words.index("train") :])
            assert parsed.distribute == "data"
            assert recipes.load(parsed.item)
