#!/bin/bash
# A Ceph cluster of one node in memory with an S3 gateway, on loopback: rgw-up.sh DIRECTORY PORT MONITOR-PORT.
# Prints nothing; its processes leave their ids in DIRECTORY/run/*.pid.
set -euo pipefail
cd "$1"
port=$2
monitor=$3
mkdir -p mon mgr/x osd/0 run log rgw
cluster=$(cat /proc/sys/kernel/random/uuid)
cat > ceph.conf <<C
[global]
fsid = $cluster
mon host = [v2:127.0.0.1:$monitor,v1:127.0.0.1:$((monitor + 1))]
public addr = 127.0.0.1
cluster addr = 127.0.0.1
public network = 127.0.0.0/8
auth cluster required = cephx
auth service required = cephx
auth client required = cephx
osd pool default size = 1
osd pool default min size = 1
osd crush chooseleaf type = 0
mon allow pool size one = true
osd objectstore = memstore
memstore device bytes = 4294967296
osd pool default pg num = 4
osd pool default pgp num = 4
mon max pg per osd = 1000
run dir = $PWD/run
admin socket = $PWD/run/\$cluster-\$name.asok
pid file = $PWD/run/\$name.pid
log file = $PWD/log/\$name.log
mon data avail warn = 5
ms bind ipv6 = false
keyring = $PWD/keyring
auth_allow_insecure_global_id_reclaim = false
[mgr.x]
keyring = $PWD/keyring
[mon.a]
mon data = $PWD/mon
[osd.0]
keyring = $PWD/keyring
osd data = $PWD/osd/0
[client.rgw]
rgw frontends = beast endpoint=127.0.0.1:$port
rgw data = $PWD/rgw
keyring = $PWD/keyring
C
export CEPH_CONF=$PWD/ceph.conf
user=(--setuser "$(id -un)" --setgroup "$(id -gn)")
{
  ceph-authtool --create-keyring keyring --gen-key -n mon. --cap mon 'allow *'
  for name in client.admin client.rgw osd.0 mgr.x; do
    ceph-authtool keyring --gen-key -n $name --cap mon 'allow *' --cap osd 'allow *' --cap mgr 'allow *'
  done
  monmaptool --create --addv a "[v2:127.0.0.1:$monitor,v1:127.0.0.1:$((monitor + 1))]" --fsid "$cluster" monmap
  ceph-mon --mkfs -i a --monmap monmap --keyring keyring -c ceph.conf
  ceph-mon -i a -c ceph.conf "${user[@]}"
  timeout 60 ceph -c ceph.conf -s
  ceph-mgr -i x -c ceph.conf "${user[@]}" || true
  disk=$(cat /proc/sys/kernel/random/uuid)
  ceph -c ceph.conf osd new "$disk"
  ceph-osd -i 0 --mkfs --osd-uuid "$disk" -c ceph.conf "${user[@]}"
  ceph-osd -i 0 -c ceph.conf "${user[@]}"
  setsid radosgw -n client.rgw -c ceph.conf "${user[@]}" -f > log/rgw.out 2>&1 &
  echo $! > run/rgw.pid
  for _ in $(seq 240); do
    if (exec 3<> "/dev/tcp/127.0.0.1/$port"); then break; fi
    sleep 0.5
  done
  radosgw-admin -c ceph.conf -n client.rgw user create --uid=audit --display-name=audit --access-key=AUDITKEY --secret=AUDITSECRET
} > log/start.out 2>&1
