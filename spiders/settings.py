"""Scrapy settings: safe and polite. Each override answers a default measured to be unsafe (reliability section 3)."""

BOT_NAME = "repaudit"
SPIDER_MODULES: list[str] = []  # the spiders come with live collection
ROBOTSTXT_OBEY = True
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
REDIRECT_MAX_TIMES = 5
CONCURRENT_REQUESTS_PER_DOMAIN = 1  # default 8
DOWNLOAD_DELAY = 5.0  # default 0
DOWNLOAD_HANDLERS = {"data": None, "file": None, "ftp": None, "s3": None}
