"""The chart, fully switched on, under a security checker (checkov). What does not apply says why."""

from __future__ import annotations

import subprocess
import sys
import tempfile
from pathlib import Path

ROOT = Path(__file__).parents[1]
sys.path.insert(0, str(ROOT))

from tests.deploy.chart import CHART, helm  # noqa: E402
from tests.deploy.test_chart import EVERYTHING  # noqa: E402

DOES_NOT_APPLY = {
    "CKV_K8S_11": "no CPU limit on purpose: it would throttle a service that has the node to itself",
    "CKV_K8S_35": "secrets come as variables, which is how every setting is read (docs/reference/settings.md)",
    "CKV_K8S_15": "image.pullPolicy is the user's; with a digest, IfNotPresent pulls nothing stale",
    "CKV_K8S_8": "a job ends by itself; every Deployment has a liveness probe",
    "CKV_K8S_9": "a job ends by itself; every Deployment has a readiness probe",
}


QUIETLY = ("--compact", "--quiet", "--skip-download")
DIGEST = {"digest": "sha256:" + "0" * 64}


def main() -> int:
    """The command. Exit code 1 when a rule is broken."""
    answer = helm("template", "closeout", CHART, "--namespace", "incidents", values=EVERYTHING | {"image": DIGEST})
    if answer.returncode:
        print(answer.stderr, file=sys.stderr)
        return answer.returncode
    with tempfile.TemporaryDirectory() as folder:
        (Path(folder) / "closeout.yaml").write_text(answer.stdout)
        skipped = [part for rule in DOES_NOT_APPLY for part in ("--skip-check", rule)]
        checked = subprocess.run(["checkov", "--directory", folder, "--framework", "kubernetes", *QUIETLY, *skipped])
    return checked.returncode


if __name__ == "__main__":
    sys.exit(main())
