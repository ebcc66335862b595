"""Small file systems under PostgreSQL's folder and under Kafka's, which can be filled up.

Each is an image that lies in a file and is mounted over a folder: root can, in a namespace of
its own (`enter_own_mounts`), so that whatever happens nothing stays mounted. Where the machine
does not allow it, `Disks.why_not` says so and the faults that need them are skipped.
"""

import os
import shutil
import subprocess
import sys
from dataclasses import dataclass, field
from pathlib import Path
from typing import Final

IMAGE_BYTES: Final = 8 * 1024**3  # sparse: what is not written takes no room
_INSIDE: Final = "ACQUIT_FAULTS_OWN_MOUNTS"
_TOOLS: Final = ("unshare", "mkfs.ext4", "mount", "umount")


def enter_own_mounts() -> None:
    """Start this program again where its mounts are its own, if that is possible here."""
    if os.geteuid() or _INSIDE in os.environ or not all(map(shutil.which, _TOOLS)):
        return
    private = ["unshare", "--mount", "--propagation", "private"]
    if subprocess.run([*private, "true"], check=False, capture_output=True).returncode:
        return
    arguments = [*private, sys.executable, "-m", "tests.faults", *sys.argv[1:]]
    os.execvpe("unshare", arguments, {**os.environ, _INSIDE: "1"})  # noqa: S606 - ourselves


@dataclass
class Disks:
    """The disks of a plant: `postgres` is under the stack's folder, `kafka` under its own."""

    folder: Path
    wanted: bool = True
    why_not: str | None = None
    _mounted: list[Path] = field(default_factory=list)

    @property
    def places(self) -> dict[str, Path]:
        stack = self.folder / "stack"
        return {"postgres": stack, "kafka": stack / "kafka"}

    def mount(self) -> None:
        """Mount what can be mounted; say why not otherwise."""
        if not self.wanted or _INSIDE not in os.environ:
            self.why_not = "needs root, unshare and mkfs.ext4 to mount a file system of its own"
            return
        try:
            for name, place in self.places.items():
                self._mount(name, place)
            self._keep_logs_elsewhere()
        except subprocess.CalledProcessError as error:
            self.unmount()
            self.why_not = f"a file system could not be mounted: {error.stderr.decode().strip()}"

    def _mount(self, name: str, place: Path) -> None:
        image = self.folder / f"{name}.image"
        with image.open("wb") as file:
            file.truncate(IMAGE_BYTES)
        _run("mkfs.ext4", "-q", "-m", "0", str(image))
        place.mkdir(parents=True, exist_ok=True)
        _run("mount", "-o", "loop", str(image), str(place))
        self._mounted.append(place)

    def _keep_logs_elsewhere(self) -> None:
        """Let the processes' logs lie on a disk that is not full, or we would read nothing."""
        logs, place = self.folder / "logs", self.places["postgres"] / "logs"
        logs.mkdir()
        place.mkdir()
        _run("mount", "--bind", str(logs), str(place))
        self._mounted.append(place)

    def unmount(self) -> None:
        while self._mounted:
            _run("umount", "--lazy", str(self._mounted.pop()))

    def fill(self, name: str) -> None:
        """Leave no byte free."""
        ballast = self._ballast(name)
        with ballast.open("wb") as file:
            while free := _free(ballast.parent):
                size = file.tell()
                try:
                    os.posix_fallocate(file.fileno(), size, free)
                except OSError:  # what bookkeeping takes of it can't be had
                    if free < 65_536:
                        break
                    os.posix_fallocate(file.fileno(), size, free - free // 16 - 4_096)
                file.seek(0, os.SEEK_END)

    def empty(self, name: str) -> None:
        """Give the room back."""
        self._ballast(name).unlink()

    def _ballast(self, name: str) -> Path:
        return self.places[name] / "ballast"


def _free(folder: Path) -> int:
    found = os.statvfs(folder)
    return found.f_bavail * found.f_frsize


def _run(*command: str) -> None:
    subprocess.run(command, check=True, capture_output=True)
