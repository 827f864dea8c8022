"""The sources of the corpora: packages by registry, one half for tuning, the other only for measuring."""

import io
import subprocess
import sys
import tarfile
import zipfile
from collections.abc import Iterator
from pathlib import Path, PurePath

TUNED_ON = {
    "python": "aiohttp ansible-core boto3 botocore celery docker fsspec huggingface-hub langchain-core luigi openai paramiko "  # noqa: E501 - as it reads best
    "pip poetry redis s3fs scrapy setuptools sqlalchemy swift",
    "javascript": "eslint knex mongoose npm pm2 sequelize webpack",
    "gettext": "git coreutils wget gnupg-l10n tar bash cups-common",
}
HELD_OUT = {
    "python": "apache-airflow-core buildbot cassandra-driver certbot conan dask distributed django elasticsearch glance "  # noqa: E501 - as it reads best
    "google-cloud-storage jupyter-server kafka-python kubernetes mlflow-skinny neutron pymongo salt-ssh streamlit twisted",  # noqa: E501 - as it reads best
    "javascript": "firebase-tools ioredis mongodb pnpm puppeteer-core serverless typeorm",
    "gettext": "dpkg util-linux-locales e2fsprogs-l10n apt libvirt-l10n postgresql-client-common postgresql-17 subversion lftp",  # noqa: E501 - as it reads best
}


def files(registry: str, package: str, suffix: str, cache: Path) -> Iterator[tuple[PurePath, bytes]]:
    """Yield the files of a package whose names end with `suffix`; none if the registry does not have it."""
    folder = cache / registry / package
    if not folder.exists():
        folder.mkdir(parents=True)
        subprocess.run(_COMMANDS[registry](package), cwd=folder, check=False, capture_output=True)  # noqa: S603
    for archive in sorted(folder.iterdir()):
        yield from _READERS[archive.suffix](archive, suffix)


_COMMANDS = {
    "python": lambda package: [sys.executable, "-m", "pip", "download", "--quiet", "--no-deps", package],
    "javascript": lambda package: ["npm", "pack", "--silent", package],
    "gettext": lambda package: ["apt-get", "download", package],
}


def _of_zip(archive: Path, suffix: str) -> Iterator[tuple[PurePath, bytes]]:
    with zipfile.ZipFile(archive) as opened:
        for name in sorted(opened.namelist()):
            if name.endswith(suffix):
                yield PurePath(name), opened.read(name)


def _of_tar(archive: Path, suffix: str) -> Iterator[tuple[PurePath, bytes]]:
    with tarfile.open(archive) as opened:
        yield from _of_opened_tar(opened, suffix)


def _of_deb(archive: Path, suffix: str) -> Iterator[tuple[PurePath, bytes]]:
    made = subprocess.run(["dpkg-deb", "--fsys-tarfile", archive], check=True, capture_output=True)  # noqa: S603, S607
    with tarfile.open(fileobj=io.BytesIO(made.stdout)) as opened:
        yield from _of_opened_tar(opened, suffix)


def _of_opened_tar(opened: tarfile.TarFile, suffix: str) -> Iterator[tuple[PurePath, bytes]]:
    for member in opened:
        if member.isfile() and member.name.endswith(suffix) and (content := opened.extractfile(member)):
            yield PurePath(member.name), content.read()


_READERS = {".whl": _of_zip, ".zip": _of_zip, ".tgz": _of_tar, ".gz": _of_tar, ".deb": _of_deb}
