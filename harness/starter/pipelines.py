"""Pipeline files for GitHub Actions, GitLab CI and Jenkins: `squall init ci`.

Each of them fetches Squall, runs the gate of `suite.yaml` and keeps what it wrote. The exit code of
the gate decides; nothing in a pipeline repeats a gate.
"""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Final

from harness.errors import ConfigError

_WHERE: Final = "the git address of Squall"
_GATE: Final = (
    "squall/.venv/bin/squall gate suite.yaml --system system.yaml --runs-dir squall-runs"
    " --outlet junit=squall.xml --outlet markdown=squall.md"
)
_SUITE: Final = """\
# What the gate of a pull request repeats, and for how long at most.
name: pull-request
question: May this change be merged?
budget_s: 360
repeats: {least: 3, most: 4}
experiments:
  - experiment.yaml
"""
_GITHUB: Final = f"""\
# Exit code 1: a limit is missed or a record is wrong. 3: the test proves nothing (for example the
# runner was shared); read the reason and run the job again by hand. 4: more repeats are needed.
name: squall
on:
  pull_request:
  workflow_dispatch:
permissions:
  contents: read
jobs:
  gate:
    runs-on: ubuntu-latest
    timeout-minutes: 20
    steps:
      - uses: actions/checkout@v4
      - name: Fetch Squall (repository variable SQUALL_REPOSITORY is {_WHERE})
        env:
          SQUALL_REPOSITORY: ${{{{ vars.SQUALL_REPOSITORY }}}}
        run: |
          git clone --quiet --depth 1 "$SQUALL_REPOSITORY" squall
          make -C squall setup
      - name: Gate
        run: {_GATE} --outlet annotations=/dev/stdout
      - name: Summary
        if: always()
        run: test ! -f squall.md || cat squall.md >> "$GITHUB_STEP_SUMMARY"
      - uses: actions/upload-artifact@v4
        if: always()
        with:
          name: squall
          path: |
            squall-runs
            squall.xml
"""
_GITLAB: Final = f"""\
# Exit code 1: a limit is missed or a record is wrong. 3: the test proves nothing (for example the
# runner was shared); read the reason and run the job again by hand. 4: more repeats are needed.
# The variable SQUALL_REPOSITORY is {_WHERE}.
squall:
  image: python:3.11
  timeout: 20 minutes
  retry: 0
  script:
    - git clone --quiet --depth 1 "$SQUALL_REPOSITORY" squall
    - make -C squall setup
    - {_GATE}
  artifacts:
    when: always
    paths: [squall-runs, squall.md]
    reports:
      junit: squall.xml
"""
_JENKINS: Final = f"""\
// Exit code 1: a limit is missed or a record is wrong. 3: the test proves nothing (for example the
// agent was shared); read the reason and run the job again by hand. 4: more repeats are needed.
// The variable SQUALL_REPOSITORY is {_WHERE}.
pipeline {{
  agent any
  options {{ timeout(time: 20, unit: 'MINUTES') }}
  stages {{
    stage('Fetch Squall') {{
      steps {{
        sh 'git clone --quiet --depth 1 "$SQUALL_REPOSITORY" squall'
        sh 'make -C squall setup'
      }}
    }}
    stage('Gate') {{
      steps {{
        sh '{_GATE}'
      }}
    }}
  }}
  post {{
    always {{
      junit allowEmptyResults: true, testResults: 'squall.xml'
      archiveArtifacts allowEmptyArchive: true, artifacts: 'squall-runs/**, squall.md'
    }}
  }}
}}
"""
PIPELINES: Final[Mapping[str, tuple[str, str]]] = {
    "github": (".github/workflows/squall.yml", _GITHUB),
    "gitlab": (".gitlab-ci.yml", _GITLAB),
    "jenkins": ("Jenkinsfile", _JENKINS),
}


def write_pipeline(folder: Path, service: str) -> tuple[Path, ...]:
    """The pipeline file, and a suite if there is none. Raises ConfigError if the file exists."""
    name, text = PIPELINES[service]
    texts = {folder / name: text}
    if not (folder / "suite.yaml").exists():
        texts[folder / "suite.yaml"] = _SUITE
    try:
        for path, content in texts.items():
            path.parent.mkdir(parents=True, exist_ok=True)
            with path.open("x") as stream:
                stream.write(content)
    except FileExistsError:
        text = "it exists; remove it, or copy the job from `squall init ci` in another folder"
        raise ConfigError(text, file=path) from None
    except OSError as error:
        raise ConfigError(str(error.strerror), file=path) from error
    return tuple(texts)
