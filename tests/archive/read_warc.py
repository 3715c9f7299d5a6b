"""Reads WARC files with warcio, checks every digest, and prints a line of JSON for each record."""
import json
import sys

from warcio.archiveiterator import ArchiveIterator
from warcio.checker import Checker

for path in sys.argv[1:]:
    with open(path, "rb") as stream:
        for record in ArchiveIterator(stream, check_digests="raise"):
            body = record.content_stream().read()
            print(json.dumps({
                "type": record.rec_type,
                "url": record.rec_headers.get_header("WARC-Target-URI"),
                "status": record.http_headers.get_statuscode() if record.http_headers else None,
                "bytes": len(body),
                "digest": record.rec_headers.get_header("WARC-Payload-Digest"),
                "verified": record.digest_checker.passed,
            }))
