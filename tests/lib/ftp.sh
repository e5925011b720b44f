# Two FTP servers over one folder, for stories with net.sh: vsftpd at port 21, proftpd at 2121, both for anybody, who may write to up/.
# Debian's packages of the two exclude each other: the second is unpacked beside them (deploy/deps.sh), not installed.
need vsftpd
proftpd=$(command -v proftpd || command -v /var/cache/vigil-tests/usr/sbin/proftpd) || skip "needs proftpd"
h=198.51.100.10; www=$W/www; ftp=$W/ftp; got=$W/got
# ftp_folders: what is served ($ftp), and where clients put what they get ($got).
ftp_folders() { mkdir -p "$ftp/up" "$W/empty" "$W/pro" "$got"; chmod 755 "$ftp"; chmod 777 "$ftp/up"; }
# ftp_up VSFTPD_LINES PROFTPD_LINES: starts both with these lines besides, and waits for them.
ftp_up() {
	cat >"$W/vsftpd.conf" <<CONF
listen=YES
listen_address=$h
anonymous_enable=YES
anon_root=$ftp
no_anon_password=YES
write_enable=YES
anon_upload_enable=YES
anon_other_write_enable=YES
anon_umask=022
local_enable=NO
seccomp_sandbox=NO
background=NO
secure_chroot_dir=$W/empty
run_as_launching_user=NO
$1
CONF
	cat >"$W/proftpd.conf" <<CONF
$2
ServerType standalone
DefaultAddress $h
Port 2121
UseIPv6 off
User nobody
Group nogroup
PidFile $W/proftpd.pid
ScoreboardFile $W/pro/scores
DelayEngine off
SystemLog none
TransferLog none
WtmpLog off
AllowStoreRestart on
AllowRetrieveRestart on
AllowOverwrite on
<Anonymous $ftp>
User nobody
Group nogroup
UserAlias anonymous nobody
RequireValidShell off
UseFtpUsers off
</Anonymous>
CONF
	start vsftpd.log ip netns exec "$S" vsftpd "$W/vsftpd.conf"
	start proftpd.log ip netns exec "$S" "$proftpd" -n -c "$W/proftpd.conf"
	for p in 21 2121; do wait_for 20 "the server at $p" in_c curl -sf "ftp://$h:$p/"; done
}
