"""What a peer tells of its requests is read out of its own record, in microseconds."""

from __future__ import annotations

from pathlib import Path

from benchmarks.generator_peers import HEY, K6, OHA, TOOLS, Ask

HEY_SAYS = """response-time,DNS+dialup,DNS,Request-write,Response-delay,Response-read,status-code
0.0020,0.0001,0.0000,0.0000,0.0019,0.0000,201
1.8014,0.0001,0.0000,0.0000,0.0019,0.0000,201
"""
OHA_SAYS = """request-start,DNS,DNS+dialup,Response-delay,request-duration,bytes,status
0.1,0,0,0.001,0.002,104,201
0.2,0,0,0.001,1.8014,104,201
"""
K6_SAYS = """metric_name,timestamp,metric_value,check
http_reqs,1,1.0,
http_req_duration,1,2.0,
http_req_duration,2,1801.4,
"""


def test_each_peers_record_is_read_in_microseconds(tmp_path: Path) -> None:
    record = tmp_path / "record"
    for tool, says in ((HEY, HEY_SAYS), (OHA, OHA_SAYS), (K6, K6_SAYS)):
        record.write_text(says)
        assert tool.took(record).tolist() == [2_000, 1_801_400], tool.name


def test_every_peer_is_asked_for_the_same_url(tmp_path: Path) -> None:
    ask = Ask(per_s=500, load_s=3, url="http://127.0.0.1:1/v1/payments", scratch=tmp_path)
    for tool in TOOLS:
        line = " ".join(tool.command(ask))
        files = "".join(path.read_text() for path in tmp_path.iterdir())
        assert ask.url in line + files, tool.name
        assert tool.record(ask).parent == tmp_path
