/* Becomes audit's owner and ends while audit is off, as osquery does: the kernel has nothing to send and does
 * not notice. */
#include <linux/audit.h>
#include <linux/netlink.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

int main(void) {
    struct {
        struct nlmsghdr header;
        struct audit_status status;
    } request;
    struct sockaddr_nl kernel;
    char answer[512];
    int link = socket(AF_NETLINK, SOCK_RAW, NETLINK_AUDIT);

    memset(&request, 0, sizeof(request));
    memset(&kernel, 0, sizeof(kernel));
    kernel.nl_family = AF_NETLINK;
    request.header.nlmsg_len = sizeof(request);
    request.header.nlmsg_type = AUDIT_SET;
    request.header.nlmsg_flags = NLM_F_REQUEST | NLM_F_ACK;
    request.status.mask = AUDIT_STATUS_PID;
    request.status.pid = (unsigned)getpid();
    if (link < 0 ||
        sendto(link, &request, sizeof(request), 0, (struct sockaddr *)&kernel, sizeof(kernel)) < 0 ||
        recv(link, answer, sizeof(answer), 0) < 0) {
        perror("audit");
        return 1;
    }
    printf("%d\n", (int)getpid());
    return 0;
}
