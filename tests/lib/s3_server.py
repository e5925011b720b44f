"""A small S3 of the tests: objects of one bucket in memory, over plain HTTP. PUT (also in signed chunks: aws-chunked), GET with Range,
HEAD, uploads in parts (initiate, parts, complete), the few listings that clients ask for. Signatures are taken, not checked.
usage: s3_server.py ADDRESS PORT"""
import hashlib, http.server, re, sys, urllib.parse

objects, uploads = {}, {}
def unchunk(body):
    out = b''
    while body:
        head, _, rest = body.partition(b'\r\n')
        n = int(head.split(b';')[0], 16)
        if not n: break
        out += rest[:n]; body = rest[n + 2:]
    return out
class S3(http.server.BaseHTTPRequestHandler):
    protocol_version = 'HTTP/1.1'
    def log_message(self, *_): pass
    def say(self, code, body=b'', **headers):
        if isinstance(body, str): body = b'<?xml version="1.0" encoding="UTF-8"?>' + body.encode()
        self.send_response(code)
        for name, value in headers.items(): self.send_header(name.replace('_', '-'), value)
        self.send_header('Content-Length', str(len(body))); self.end_headers()
        if self.command != 'HEAD': self.wfile.write(body)
    def ask(self):
        url = urllib.parse.urlsplit(self.path)
        body = self.rfile.read(int(self.headers.get('Content-Length') or 0))
        if 'aws-chunked' in (self.headers.get('Content-Encoding') or '') or \
           (self.headers.get('x-amz-content-sha256') or '').startswith('STREAMING-'): body = unchunk(body)
        return url.path, dict(urllib.parse.parse_qsl(url.query, keep_blank_values=True)), body
    def do_PUT(self):
        path, query, body = self.ask(); tag = '"%s"' % hashlib.md5(body).hexdigest()
        if 'uploadId' in query: uploads[query['uploadId']][int(query['partNumber'])] = body
        else: objects[path] = body
        self.say(200, ETag=tag)
    def do_POST(self):
        path, query, body = self.ask()
        if 'uploads' in query:
            name = 'upload-%d' % (len(uploads) + 1); uploads[name] = {}
            return self.say(200, f'<InitiateMultipartUploadResult><Bucket>album</Bucket><Key>{path}</Key><UploadId>{name}</UploadId></InitiateMultipartUploadResult>')
        parts = uploads.pop(query['uploadId'])
        objects[path] = b''.join(parts[int(n)] for n in re.findall(rb'<PartNumber>(\d+)</PartNumber>', body))
        self.say(200, f'<CompleteMultipartUploadResult><Key>{path}</Key><ETag>"{hashlib.md5(objects[path]).hexdigest()}-{len(parts)}"</ETag></CompleteMultipartUploadResult>')
    def do_GET(self):
        path, query, _ = self.ask()
        if 'location' in query: return self.say(200, '<LocationConstraint xmlns="http://s3.amazonaws.com/doc/2006-03-01/"></LocationConstraint>')
        if path not in objects: return self.say(404, '<Error><Code>NoSuchKey</Code></Error>')
        body = objects[path]; span = re.match(r'bytes=(\d+)-(\d*)$', self.headers.get('Range') or '')
        tag = '"%s"' % hashlib.md5(body).hexdigest()
        if not span: return self.say(200, body, ETag=tag, Content_Type='application/octet-stream', Last_Modified='Tue, 24 Nov 2026 12:00:00 GMT')
        first, last = int(span[1]), int(span[2] or len(body) - 1)
        self.say(206, body[first:last + 1], ETag=tag, Content_Type='application/octet-stream', Content_Range=f'bytes {first}-{last}/{len(body)}')
    do_HEAD = do_GET
http.server.ThreadingHTTPServer((sys.argv[1], int(sys.argv[2])), S3).serve_forever()
