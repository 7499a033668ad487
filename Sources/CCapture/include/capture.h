#ifndef MESHTOP_CAPTURE_H
#define MESHTOP_CAPTURE_H

/*
 * CCapture: what iptables does for a pod of Istio, done for one program by LD_PRELOAD.
 *
 * The library has no functions to call. It stands before those of libc (connect, getpeername, getsockname, sendto,
 * sendmsg, sendmmsg, getaddrinfo, getnameinfo, gethostby*, res_*, open*, fopen*, stat, access, realpath) and does what
 * the environment says. Loopback, Unix sockets and "localhost" are left alone where the environment does not name them.
 * Everything else either goes to a place of the lab or fails with ENETUNREACH: nothing reaches a real network. IPv6 is
 * refused, except for v4-mapped addresses.
 *
 *   MESHTOP_CAPTURE_MODE   workload   a TCP connection goes to the sidecar, behind a PROXY protocol v2 header that
 *                                     names the pod as its source and the address that was asked for
 *                          world      a TCP connection goes where the world map says (Envoy, programs outside)
 *                          (else)     every way out is refused
 *   MESHTOP_SIDECAR        workload   ADDRESS:PORT of the sidecar's outbound capture
 *   MESHTOP_WORLD_MAP      world      a file; read anew for each connection, so it may be replaced (by rename) any time
 *   MESHTOP_POD_IP         both       the pod's address: the source in PROXY headers and what getsockname says
 *   MESHTOP_NAME_SERVER    both       ADDRESS:PORT (UDP) of the name server; without it only numbers resolve
 *   MESHTOP_SEARCH         both       domains separated by commas, tried for a name that is not found as it is
 *   MESHTOP_LOCALHOST      both       the pod's own address on the loopback: connections to ports 15000 to 15099 of
 *                                     127.0.0.1 lead there (the proxy's admin interface); those of a workload to ports
 *                                     below 1024 go to the sidecar like any other
 *   MESHTOP_PATHS          both       lines `FROM=TO`: a file or Unix socket whose path begins with the one is that whose
 *                                     path begins with the other, as if mounted there; the first that fits counts
 *   MESHTOP_EGRESS_RULES   both       a file, read anew like the map: what may leave the pod; everything where there
 *                                     is no such file. What may not meets no answer
 *   MESHTOP_BLACK_HOLE     both       ADDRESS:PORT on the loopback where nothing is ever answered
 *
 * A line of the rules is `ADDRESS/LENGTH tcp|udp FIRST-LAST`: a block of addresses, and ports. Names are asked for by
 * UDP at the name server's own address and port.
 *
 * A line of the world map is `ADDRESS[:PORT] ADDRESS[:PORT] [proxy]`, and the first line that fits counts:
 *
 *   203.0.113.10:3306 127.7.113.10:3306        this one port
 *   10.244.0.16 127.7.0.16                     every port, each to the same port
 *   10.244.0.12 127.7.0.12:15006 proxy         every port, to one port, behind a PROXY header
 *
 * getpeername gives the address that was asked for. That is remembered by the socket's cookie, so that it holds for
 * duplicated and inherited descriptors and never for another socket that gets the same number; it is lost over exec.
 *
 * Out of reach: static programs, setuid programs, programs that make system calls without libc.
 */

#endif
