"""A real, small SMTP server (RFC 5321) on a free port that keeps what it is given."""
import socketserver
import threading


class _Session(socketserver.StreamRequestHandler):
    def say(self, line):
        self.wfile.write(line.encode() + b"\r\n")

    def data(self):
        self.say("354 go on")
        lines = []
        for line in self.rfile:
            line = line.rstrip(b"\r\n")
            if line == b".":
                break
            lines.append(line[1:] if line.startswith(b".") else line)
        return b"\n".join(lines).decode()

    def handle(self):
        sender, recipients = None, []
        self.say("220 test")
        for line in self.rfile:
            verb, _, rest = line.decode().strip().partition(" ")
            verb = verb.upper()
            if verb == "QUIT":
                self.say("221 bye")
                return
            if verb in ("EHLO", "HELO"):
                self.say("250-test" if verb == "EHLO" else "250 test")
                if verb == "EHLO":
                    self.say("250 8BITMIME")
            elif verb == "MAIL":
                sender = rest.partition(":")[2].split()[0]
                self.say("250 ok")
            elif verb == "RCPT":
                recipients.append(rest.partition(":")[2])
                self.say("250 ok")
            elif verb == "DATA":
                text = self.data()
                with self.server.arrived:
                    self.server.messages.append((sender, recipients, text))
                    self.server.arrived.notify_all()
                self.say("250 taken")
                sender, recipients = None, []
            else:
                self.say("502 no")


class MailServer(socketserver.ThreadingTCPServer):
    daemon_threads = True
    allow_reuse_address = True

    def __init__(self):
        super().__init__(("127.0.0.1", 0), _Session)
        self.messages, self.arrived = [], threading.Condition()
        threading.Thread(target=self.serve_forever, daemon=True).start()

    @property
    def url(self):
        return f"smtp://127.0.0.1:{self.server_address[1]}"
