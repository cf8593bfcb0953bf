"""OpenStack Swift with its S3 interface, whole in one process: serve.py FOLDER

Prints the port of the S3 interface once it takes requests. The four servers are green threads of one loop, and what
memcached would keep is a dictionary: nothing else is needed than Debian's python3-swift.
"""

import os
import socket
import sys

import eventlet
from eventlet import wsgi
from swift.common import utils

FOLDER = sys.argv[1]
with open(os.path.join(FOLDER, "swift.conf"), "w", encoding="utf-8") as file:
    file.write("[swift-hash]\nswift_hash_path_suffix = a\nswift_hash_path_prefix = b\n")
utils.set_swift_dir(FOLDER)  # before any other module of Swift's looks for its configuration
utils.eventlet_monkey_patch()
eventlet.hubs.use_hub(utils.get_hub())

from swift.account.server import AccountController  # noqa: E402
from swift.common.http_protocol import SwiftHttpProtocol  # noqa: E402
from swift.common.ring import RingBuilder  # noqa: E402
from swift.common.wsgi import loadapp  # noqa: E402
from swift.container.server import ContainerController  # noqa: E402
from swift.obj.server import ObjectController  # noqa: E402

PIPELINE = "catch_errors gatekeeper listing_formats bulk s3api tempauth slo dlo proxy-server"
STORAGE = {"account": AccountController, "container": ContainerController, "object": ObjectController}


class Memory:
    """What Swift's middleware asks of its memcache client."""

    def __init__(self):
        self.values = {}

    def set(self, key, value, **_):
        self.values[key] = value

    def get(self, key, **_):
        return self.values.get(key)

    def incr(self, key, delta=1, **_):
        self.values[key] = max(0, int(self.values.get(key, 0)) + delta)
        return self.values[key]

    def decr(self, key, delta=1, **_):
        return self.incr(key, -delta)

    def delete(self, key, *_):
        self.values.pop(key, None)

    def set_multi(self, mapping, *_, **__):
        self.values.update(mapping)

    def get_multi(self, keys, *_):
        return [self.values.get(key) for key in keys]


def listen():
    return eventlet.listen(("127.0.0.1", 0), family=socket.AF_INET)


def serve(listener, app, log):
    eventlet.spawn(wsgi.server, listener, app, log, protocol=SwiftHttpProtocol, custom_pool=eventlet.GreenPool(64))


def ring(name, port):
    builder = RingBuilder(3, 1, 0)
    builder.add_dev({"id": 0, "region": 1, "zone": 1, "weight": 1, "ip": "127.0.0.1", "port": port, "device": "d1"})
    builder.rebalance()
    builder.get_ring().save(os.path.join(FOLDER, name + ".ring.gz"))


def storage(name, controller, log):
    listener = listen()
    ring(name, listener.getsockname()[1])
    serve(listener, controller({"devices": os.path.join(FOLDER, "data"), "mount_check": "false", "swift_dir": FOLDER,
                                "recon_cache_path": FOLDER, "disable_fallocate": "true", "log_level": "ERROR"}), log)


def proxy():
    filters = "".join("[filter:%s]\nuse = egg:swift#%s\n%s\n" % (name, name, extra) for name, extra in (
        ("catch_errors", ""), ("gatekeeper", ""), ("listing_formats", ""), ("bulk", ""), ("slo", ""), ("dlo", ""),
        ("s3api", "location = us-east-1\ns3_acl = false"), ("tempauth", "user_test_tester = testing .admin")))
    path = os.path.join(FOLDER, "proxy-server.conf")
    with open(path, "w", encoding="utf-8") as file:
        file.write("[DEFAULT]\nswift_dir = %s\nlog_level = ERROR\n[pipeline:main]\npipeline = %s\n"
                   "[app:proxy-server]\nuse = egg:swift#proxy\naccount_autocreate = true\n%s"
                   % (FOLDER, PIPELINE, filters))
    app = loadapp(path)
    memory = Memory()

    def with_memory(environment, start):
        environment["swift.cache"] = memory
        return app(environment, start)

    return with_memory


def main():
    os.makedirs(os.path.join(FOLDER, "data", "d1"), exist_ok=True)
    log = open(os.path.join(FOLDER, "requests.log"), "a", buffering=1, encoding="utf-8")
    for name, controller in STORAGE.items():
        storage(name, controller, log)
    listener = listen()
    serve(listener, proxy(), log)
    print(listener.getsockname()[1], flush=True)
    while True:
        eventlet.sleep(3600)


main()
