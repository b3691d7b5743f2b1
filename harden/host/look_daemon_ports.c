// SPDX-License-Identifier: Apache-2.0
/*
 * Listening TCP sockets by inode: the table of dockerd's network namespace names inodes, the links
 * of its descriptors say which of them are its own (proc(5), /proc/net/tcp). Sockets that dockerd
 * opened in a container's namespace (its resolver) are not in that table.
 */
#include "harden/host/look_daemon.h"

#include "harden/host/look_proc.h"

#include <arpa/inet.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define LISTENING 0x0A

static void port_done(struct daemon_port *p)
{
	free(p->address);
}

void daemon_ports_done(struct daemon_ports *ports)
{
	for (size_t i = 0; i < ports->len; i++)
		port_done(&ports->items[i]);
	free(ports->items);
	*ports = (struct daemon_ports){0};
}

/* Inodes of the sockets a process holds, as texts. */
static int own_inodes(struct host *host, pid_t pid, struct strv *inodes, struct error *err)
{
	AUTO_FREE char *dir = str_format("%ld/fd", (long)pid);
	AUTO(strv) struct strv names = {0};

	if (!dir)
		return error_nomem(err);
	if (proc_list(host, dir, &names, err) < 0)
		return -1;
	for (size_t i = 0; i < names.len; i++) {
		AUTO_FREE char *name = path_join(dir, names.items[i]), *target = NULL;

		if (!name)
			return error_nomem(err);
		if (proc_link(host, name, &target, err) < 0)
			return -1;
		if (!target || !str_starts(target, "socket:["))
			continue;
		target[strcspn(target, "]")] = '\0';
		if (strv_add(inodes, target + strlen("socket:["), err) < 0)
			return -1;
	}
	return 0;
}

/* Each word of 32 bits is written as a number of the machine, so its bytes are as in memory. */
static char *address_text(const char *hex, unsigned port)
{
	unsigned words[4] = {0};
	char text[INET6_ADDRSTRLEN];
	size_t n = strcspn(hex, ":") / 8;

	for (size_t i = 0; i < n && i < ARRAY_SIZE(words); i++) {
		char word[9] = {0};

		memcpy(word, hex + i * 8, 8);
		words[i] = (unsigned)strtoul(word, NULL, 16);
	}
	if (!inet_ntop(n == 4 ? AF_INET6 : AF_INET, words, text, sizeof(text)))
		return NULL;
	return str_format(n == 4 ? "[%s]:%u" : "%s:%u", text, port);
}

/* "  0: 0100007F:0947 00000000:0000 0A 00000000:00000000 00:00000000 00000000 0 0 INODE ..." */
static int add_line(const char *line, const struct strv *inodes, struct daemon_ports *ports,
		    struct error *err)
{
	char local[64], inode[32];
	unsigned state, port;
	const char *colon;
	struct daemon_port p;

	if (sscanf(line, " %*u: %63s %*s %x %*s %*s %*s %*s %*s %31s", local, &state, inode) != 3)
		return 0;
	colon = strchr(local, ':');
	if (state != LISTENING || !colon || !strv_has(inodes, inode))
		return 0;
	port = (unsigned)strtoul(colon + 1, NULL, 16);
	p = (struct daemon_port){address_text(local, port), port};
	if (!p.address || vec_reserve((void **)&ports->items, &ports->cap, ports->len,
				      sizeof(*ports->items), err) < 0) {
		port_done(&p);
		return error_nomem(err);
	}
	ports->items[ports->len++] = p;
	return 0;
}

static int add_table(struct host *host, pid_t pid, const char *table, const struct strv *inodes,
		     struct daemon_ports *ports, struct error *err)
{
	AUTO_FREE char *name = str_format("%ld/net/%s", (long)pid, table);
	AUTO(strbuf) struct strbuf text = {0};

	if (!name)
		return error_nomem(err);
	if (proc_read(host, name, &text, err) < 0)
		return -1;
	for (const char *line = text.data; line && *line; line = strchr(line, '\n')) {
		line += *line == '\n';
		if (*line && add_line(line, inodes, ports, err) < 0)
			return -1;
	}
	return 0;
}

int look_daemon_ports(struct host *host, pid_t pid, struct daemon_ports *ret_ports,
		      struct error *err)
{
	AUTO(strv) struct strv inodes = {0};
	AUTO(daemon_ports) struct daemon_ports ports = {0};

	if (own_inodes(host, pid, &inodes, err) < 0 ||
	    add_table(host, pid, "tcp", &inodes, &ports, err) < 0 ||
	    add_table(host, pid, "tcp6", &inodes, &ports, err) < 0)
		return -1;
	*ret_ports = ports;
	ports = (struct daemon_ports){0};
	return 0;
}
