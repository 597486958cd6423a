#include "victim.h"

#include <arpa/inet.h>
#include <errno.h>
#include <fcntl.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/epoll.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

#include "pacing.h"
#include "stop.h"

/* By which the processes of the batches, which are executed anew, find the server. */
#define PORT "TARE_VICTIM_PORT"
#define READY 16

struct message {
    uint32_t number;
    uint32_t failed;
};

static const struct workload *event;
static pid_t server;
static int connection = -1;

/* So few bytes come whole over the loopback device. */
static bool receive(int from, struct message *message) {
    ssize_t got;
    do
        got = recv(from, message, sizeof(*message), MSG_WAITALL);
    while (got < 0 && errno == EINTR && !stop_requested);
    return got == (ssize_t)sizeof(*message);
}

static bool tell(int whom, const struct message *message) {
    return send(whom, message, sizeof(*message), MSG_NOSIGNAL) == (ssize_t)sizeof(*message);
}

/* An answer must not wait for the next one. */
static bool without_delay(int connected) {
    const int one = 1;
    return setsockopt(connected, IPPROTO_TCP, TCP_NODELAY, &one, sizeof(one)) == 0;
}

static bool watch(int watcher, int file) {
    struct epoll_event wanted = {.events = EPOLLIN, .data.fd = file};
    return epoll_ctl(watcher, EPOLL_CTL_ADD, file, &wanted) == 0;
}

static void take_client(int watcher, int listener) {
    const int client = accept4(listener, NULL, NULL, SOCK_CLOEXEC);
    if (client >= 0 && !(without_delay(client) && watch(watcher, client)))
        close(client);
}

static void answer(int client) {
    struct message message;
    if (!receive(client, &message)) {
        close(client); /* It has gone. */
        return;
    }
    message.failed = event != NULL && !event->operate(message.number);
    tell(client, &message);
}

static bool leave_standard_files(void) {
    const int nowhere = open("/dev/null", O_RDWR | O_CLOEXEC);
    return dup2(nowhere, STDIN_FILENO) >= 0 && dup2(nowhere, STDOUT_FILENO) >= 0;
}

/* The child. The reader of our standard output must see its end when the driver exits. */
static _Noreturn void serve(int listener, pid_t driver) {
    prctl(PR_SET_PDEATHSIG, SIGKILL);
    const int watcher = epoll_create1(EPOLL_CLOEXEC);
    if (getppid() != driver || watcher < 0 || !watch(watcher, listener) || !leave_standard_files())
        _exit(STATUS_FAILED);
    while (!stop_requested) {
        struct epoll_event ready[READY];
        const int count = epoll_wait(watcher, ready, READY, -1);
        for (int i = 0; i < count; i++) {
            if (ready[i].data.fd == listener)
                take_client(watcher, listener);
            else
                answer(ready[i].data.fd);
        }
    }
    _exit(0);
}

static bool start_server(const struct options *options) {
    if (event != NULL && event->prepare != NULL && !event->prepare(options))
        return false;
    struct sockaddr_in own = {.sin_family = AF_INET, .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
    socklen_t length = sizeof(own);
    const int listener = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
    if (listener < 0 || bind(listener, (struct sockaddr *)&own, sizeof(own)) != 0 ||
        listen(listener, SOMAXCONN) != 0 || getsockname(listener, (struct sockaddr *)&own, &length) != 0)
        return driver_failed("cannot listen on", "a free port");
    char port[8];
    snprintf(port, sizeof(port), "%u", ntohs(own.sin_port));
    if (setenv(PORT, port, 1) != 0)
        return driver_failed("no memory for", PORT);
    const pid_t driver = getpid();
    server = fork();
    if (server == 0)
        serve(listener, driver);
    close(listener);
    return server > 0 || driver_failed("cannot start", "the server");
}

static bool connect_to_server(void) {
    const char *port = getenv(PORT);
    const struct sockaddr_in its = {.sin_family = AF_INET,
                                    .sin_port = htons((uint16_t)atoi(port == NULL ? "0" : port)),
                                    .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
    connection = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
    return (connection >= 0 && connect(connection, (const struct sockaddr *)&its, sizeof(its)) == 0 &&
            without_delay(connection)) ||
           driver_failed("cannot connect to", "the server");
}

bool victim_prepare(const struct options *options, const struct workload *does) {
    event = does;
    pacing_prepare();
    return (options_is_worker(options) || start_server(options)) && connect_to_server();
}

bool victim_ask(uint32_t number) {
    const struct message request = {.number = number};
    struct message answered;
    return tell(connection, &request) && receive(connection, &answered) && answered.number == number &&
           answered.failed == 0;
}

void victim_release(void) {
    if (connection >= 0)
        close(connection);
    if (server <= 0)
        return;
    kill(server, SIGKILL);
    while (waitpid(server, NULL, 0) < 0 && errno == EINTR)
        continue;
    if (event != NULL && event->release != NULL)
        event->release();
}
