#include "sandbox/network.h"

#include "base/file.h"

#include <arpa/inet.h>
#include <errno.h>
#include <linux/if_addr.h>
#include <linux/netlink.h>
#include <linux/rtnetlink.h>
#include <net/if.h>
#include <stdio.h>
#include <sys/ioctl.h>
#include <sys/socket.h>
#include <sys/utsname.h>

#define BACKLOG 128
#define LOOPBACK_NET 127 /* of 127.0.0.0/8, which the device has */
#define TEXT_SIZE (INET6_ADDRSTRLEN + 16)

static int
bring_loopback_up(struct err *err)
{
	AUTO_CLOSE int fd = socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0);
	struct ifreq request = {.ifr_name = "lo"};

	if (fd < 0)
		return err_sys(err, "socket");
	if (ioctl(fd, SIOCGIFFLAGS, &request) != 0)
		return err_sys(err, "look at the loopback device");
	request.ifr_flags = (short)(request.ifr_flags | IFF_UP);
	if (ioctl(fd, SIOCSIFFLAGS, &request) != 0)
		return err_sys(err, "bring the loopback device up");
	return 0;
}

static const char *
describe(const struct wall_listener *listener, char text[TEXT_SIZE])
{
	char address[INET6_ADDRSTRLEN] = "?";

	(void)inet_ntop((int)listener->family, listener->address, address, sizeof(address));
	(void)snprintf(text, TEXT_SIZE, listener->family == AF_INET6 ? "[%s]:%u" : "%s:%u",
		address, listener->port);
	return text;
}

static size_t
address_size(const struct wall_listener *listener)
{
	return listener->family == AF_INET6 ? 16 : 4;
}

/* Whether the loopback device has it from the start. */
static bool
is_loopback(const struct wall_listener *listener)
{
	static const uint8_t one[16] = {[15] = 1};

	return listener->family == AF_INET6 ? memcmp(listener->address, one, sizeof(one)) == 0
					    : listener->address[0] == LOOPBACK_NET;
}

/* rtnetlink(7): RTM_NEWADDR, acknowledged. */
struct address_request {
	struct nlmsghdr header;
	struct ifaddrmsg message;
	struct rtattr attribute;
	uint8_t address[16];
};

struct answer {
	struct nlmsghdr header;
	struct nlmsgerr error;
};

static int
give_address(int netlink, const struct wall_listener *listener, struct err *err)
{
	size_t n = address_size(listener);
	struct address_request request = {
		.header = {.nlmsg_len =
				   (uint32_t)(offsetof(struct address_request, address) + n),
			.nlmsg_type = RTM_NEWADDR,
			.nlmsg_flags = NLM_F_REQUEST | NLM_F_ACK | NLM_F_CREATE},
		.message = {.ifa_family = (uint8_t)listener->family,
			.ifa_prefixlen = (uint8_t)(n * 8),
			.ifa_flags = IFA_F_NODAD,
			.ifa_scope = RT_SCOPE_HOST,
			.ifa_index = if_nametoindex("lo")},
		.attribute = {.rta_len = (uint16_t)RTA_LENGTH(n), .rta_type = IFA_LOCAL},
	};
	struct answer answer = {0};
	char text[TEXT_SIZE];
	ssize_t got;

	memcpy(request.address, listener->address, n);
	if (send(netlink, &request, request.header.nlmsg_len, 0) < 0)
		return err_sys(err, "give the loopback device %s", describe(listener, text));
	do
		got = recv(netlink, &answer, sizeof(answer), 0);
	while (got < 0 && errno == EINTR);
	if (got < (ssize_t)(sizeof(struct nlmsghdr) + sizeof(int)) ||
		answer.header.nlmsg_type != NLMSG_ERROR)
		return err_set(err, ERR_SYS, "rtnetlink did not answer");
	/* Two ports of one address are two listeners. */
	if (answer.error.error && answer.error.error != -EEXIST) {
		errno = -answer.error.error;
		return err_sys(err, "give the loopback device %s", describe(listener, text));
	}
	return 0;
}

static int
listen_at(const struct wall_listener *listener, int *ret_socket, struct err *err)
{
	struct sockaddr_in inet = {.sin_family = AF_INET, .sin_port = htons(listener->port)};
	struct sockaddr_in6 inet6 = {
		.sin6_family = AF_INET6, .sin6_port = htons(listener->port)};
	bool is_inet6 = listener->family == AF_INET6;
	AUTO_CLOSE int fd = socket(
		(int)listener->family, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, IPPROTO_TCP);
	char text[TEXT_SIZE];

	memcpy(&inet.sin_addr, listener->address, sizeof(inet.sin_addr));
	memcpy(&inet6.sin6_addr, listener->address, sizeof(inet6.sin6_addr));
	if (fd < 0 ||
		bind(fd, is_inet6 ? (struct sockaddr *)&inet6 : (struct sockaddr *)&inet,
			is_inet6 ? sizeof(inet6) : sizeof(inet)) != 0 ||
		listen(fd, BACKLOG) != 0)
		return err_sys(err, "listen at %s", describe(listener, text));
	*ret_socket = fd_take(&fd);
	return 0;
}

static int
listen_everywhere(const struct walls *walls, int *ret_sockets, size_t *n, struct err *err)
{
	AUTO_CLOSE int netlink = -1;
	int r = 0;

	for (; r == 0 && *n < walls->n_listeners; *n += r == 0) {
		const struct wall_listener *listener = &walls->listeners[*n];

		if (!is_loopback(listener) && netlink < 0) {
			netlink = socket(AF_NETLINK, SOCK_RAW | SOCK_CLOEXEC, NETLINK_ROUTE);
			if (netlink < 0)
				return err_sys(err, "open rtnetlink");
		}
		if (!is_loopback(listener))
			r = give_address(netlink, listener, err);
		if (r == 0)
			r = listen_at(listener, &ret_sockets[*n], err);
	}
	return r;
}

int
network_build(const struct walls *walls, int *ret_sockets, struct err *err)
{
	size_t n = 0;
	int r = walls->flags & WALLS_LOOPBACK ? bring_loopback_up(err) : 0;

	if (r == 0)
		r = listen_everywhere(walls, ret_sockets, &n, err);
	while (r < 0 && n > 0)
		fd_close(&ret_sockets[--n]);
	return r;
}

static bool
has_name_before(const struct walls *walls, size_t i)
{
	for (size_t k = 0; k < i; k++)
		if (walls->listeners[k].name &&
			strcasecmp(walls->listeners[k].name, walls->listeners[i].name) == 0)
			return true;
	return false;
}

void
network_write_names(const struct walls *walls, struct buf *b)
{
	struct utsname machine;

	buf_add_cstr(b, "127.0.0.1\tlocalhost\n::1\tlocalhost ip6-localhost ip6-loopback\n");
	/* Programs look up the name of the machine that they are on. */
	if (uname(&machine) == 0 && wall_is_host_name(machine.nodename) &&
		strcmp(machine.nodename, "localhost") != 0)
		buf_printf(b, "127.0.1.1\t%s\n", machine.nodename);
	for (size_t i = 0; i < walls->n_listeners; i++) {
		const struct wall_listener *listener = &walls->listeners[i];
		char address[INET6_ADDRSTRLEN] = "";

		if (!listener->name || has_name_before(walls, i))
			continue;
		(void)inet_ntop(
			(int)listener->family, listener->address, address, sizeof(address));
		buf_printf(b, "%s\t%s\n", address, listener->name);
	}
}
