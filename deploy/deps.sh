#!/bin/sh
# Installs what Vigil needs to build, run and be tested, from Debian's packages by name. Skips what is there; says what it
# installs. Needs root only where something is missing.
set -e
build="gcc make pkg-config libc6-dev libdpdk-dev libnuma-dev libbsd-dev libhyperscan-dev libndpi-dev libnghttp2-dev libpcap-dev libjpeg62-turbo-dev libpng-dev
 libwebp-dev libgif-dev libtiff-dev libavformat-dev libavcodec-dev libswscale-dev libavutil-dev libheif-dev libavif-dev libjxl-dev libopenjp2-7-dev libarchive-dev
 zlib1g-dev libbz2-dev liblzma-dev libzstd-dev libbrotli-dev libssl-dev libseccomp-dev libsqlite3-dev libxml2-dev libcurl4-openssl-dev libidn2-dev libjansson-dev libyaml-dev
 libsodium-dev libmicrohttpd-dev libgnutls28-dev"
check="libcmocka-dev clang clang-format clang-tidy cppcheck libclang-rt-14-dev bsdextrautils file"
live="ca-certificates curl rsync samba smbclient wget nginx-light|nginx-core|nginx-full|nginx-extras openssl sqlite3 iproute2 ethtool procps python3-minimal util-linux tcpdump
 apache2-bin lighttpd nghttp2-client nghttp2-server nghttp2-proxy vsftpd|proftpd-core lftp tftpd-hpa tftp-hpa s3cmd swaks python3-websockets php8.2-fpm
 libacl1 libhiredis0.14 libmemcached11 libmemcachedutil2 libpcre2-posix3"
# Debian's proftpd and vsftpd exclude each other: the second one is unpacked here, never installed. It needs the libraries above.
beside=/var/cache/vigil-tests
[ "$(. /etc/os-release 2>/dev/null; echo "$ID")" = debian ] || { echo "deps: this is not Debian; install by hand: $build $check $live" >&2; exit 0; }
# a|b|c: any of them will do, a is installed where none is there.
missing=$(for p in $build $check $live; do
	dpkg-query -W -f '${db:Status-Abbrev}\n' $(echo "$p" | tr '|' ' ') 2>/dev/null | grep -q '^.i' || echo "${p%%|*}"
done)
unpack_beside() {
	[ -e $beside/usr/sbin/proftpd ] || [ "$(id -u)" != 0 ] || command -v proftpd >/dev/null || {
		d=$(mktemp -d)
		(cd "$d" && apt-get download proftpd-core && mkdir -p $beside && dpkg -x proftpd-core_*.deb $beside) >/dev/null 2>&1 ||
			echo "deps: proftpd could not be fetched; its live tests will skip" >&2
		rm -rf "$d"
	}
}
[ -n "$missing" ] || { unpack_beside; exit 0; }
echo "deps: installing $(echo $missing)"
[ "$(id -u)" = 0 ] || { echo "deps: not root: as root run  apt-get install $(echo $missing)" >&2; exit 1; }
export DEBIAN_FRONTEND=noninteractive
log=$(mktemp)
# Servers of the live tests must not start by themselves on this machine.
policy=/usr/sbin/policy-rc.d
[ -e $policy ] || { printf '#!/bin/sh\nexit 101\n' >$policy && chmod 755 $policy && trap 'rm -f /usr/sbin/policy-rc.d' EXIT; }
apt-get install -y --no-install-recommends $missing >"$log" 2>&1 ||
	{ apt-get update >"$log" 2>&1 && apt-get install -y --no-install-recommends $missing >"$log" 2>&1; } ||
	{ tail -20 "$log" >&2; echo "deps: apt-get failed" >&2; exit 1; }
rm -f "$log"
unpack_beside
