"""Scrapy settings: safe and polite. Each override answers a default measured to be unsafe (reliability section 3).

Robots, pace and the way out are the gate's: Scrapy's own robots rules let pages through that RFC 9309 forbids.
"""

BOT_NAME = "repaudit"
SPIDER_MODULES = ["spiders.crawl"]
USER_AGENT = "repaudit"
TWISTED_REACTOR_ENABLED = False  # so that it runs in one loop with the browser, and more than once in a process
DOWNLOADER_MIDDLEWARES = {"spiders.crawl.GateMiddleware": 100}
ROBOTSTXT_OBEY = False  # the gate's rules hold: RFC 9309, unreachable means no
COMPRESSION_ENABLED = False  # decoded by us, under a cap and to the end of the stream
REDIRECT_ENABLED = False  # every hop is asked of the gate anew
HTTPPROXY_ENABLED = True  # the gate's proxy; ambient proxy variables are overridden by it on every request
HTTPERROR_ALLOW_ALL = True  # a 404 is an answer to keep
DOWNLOAD_MAXSIZE = 16_777_216  # default 1 GiB: a 20 kB double gzip body takes 1.1 GiB
DOWNLOAD_FAIL_ON_DATALOSS = True
DOWNLOAD_TIMEOUT = 12  # default 180 s; bounds a slow body too
DOWNLOAD_VERIFY_CERTIFICATES = True  # default False
RETRY_ENABLED = False  # Scrapy's own retry ignores Retry-After
TELNETCONSOLE_ENABLED = False
REMOTE_CONTROL_ENABLED = False  # runs code, on by default
METAREFRESH_ENABLED = False
REFERER_ENABLED = False
HTTPCACHE_ENABLED = False
COOKIES_ENABLED = False
CONCURRENT_REQUESTS_PER_DOMAIN = 1  # default 8
DOWNLOAD_DELAY = 0  # the gate waits, for both fetchers together
DOWNLOAD_HANDLERS = {"data": None, "file": None, "ftp": None, "s3": None}
LOG_LEVEL = "WARNING"  # INFO and DEBUG print addresses with their queries
