#!/bin/sh
# Objects of folders marked hot in tests/lint/ORDER may not even name an allocator, a lock, stdio, a clock or a sleep, nor
# anything a _setup.o defines (that is where allocation lives). nm sees through macros; it does not see into libraries.
# usage: hotpath.sh OBJECT_FOLDER
objects=$1; bad=0; n=0
setup=$(find "$objects" -name '*_setup.o' -exec nm --defined-only {} + 2>/dev/null | awk '$2 == "T" { print $3 }' | sort -u | paste -sd'|' -)
ban='malloc|calloc|realloc|free|strdup|strndup|posix_memalign|aligned_alloc|mmap|munmap|rte_(z|re|c)?malloc(_socket)?|rte_free'
ban="$ban|pthread_(mutex|rwlock|cond|spin)_.*|sem_.*|(v|f|d|s|sn|vsn|vs|as|vas)?printf|__(v|f|s|sn|vsn|vs|as)*printf_chk|puts|fputs|fwrite|putchar|syslog|rte_log|rte_vlog"
ban="$ban|sleep|usleep|nanosleep|clock_nanosleep|gettimeofday|clock_gettime|time|getenv|write|read|open${setup:+|$setup}"
for folder in $(awk '$2 == "hot" { print $1 }' tests/lint/ORDER); do
	[ -d "$objects/$folder" ] || continue
	for o in $(find "$objects/$folder" -maxdepth 1 -name '*.o' ! -name '*_setup.o' ! -name '*_select.o'); do
		n=$((n + 1))
		hit=$(nm -u "$o" | awk '{ print $2 }' | sed 's/@.*//' | grep -xE "($ban)") && { echo "$o: hot code names:" $hit; bad=1; }
	done
done
[ $n -gt 0 ] || { echo "hotpath: no hot objects under $objects; build first"; bad=1; }
[ $bad = 0 ] && echo "hotpath: ok ($n objects)"
exit $bad
