# The browser that the tests drive: Debian's Chromium. Installed when it is missing and we may; otherwise said.
set -e

command -v chromium >/dev/null && exit 0

if [ "$(id -u)" != 0 ] || ! command -v apt-get >/dev/null; then
    echo "test: Chromium is missing and the browser tests need it. Install it, then run this again:" >&2
    echo "    sudo apt-get install --no-install-recommends chromium" >&2
    exit 1
fi

echo "setup: Chromium, from Debian"
export DEBIAN_FRONTEND=noninteractive
apt-get -qq update
apt-get -qq install --yes --no-install-recommends chromium >/dev/null
