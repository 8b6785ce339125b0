// Kubernetes' own API server for the chart's tests, with the etcd it keeps its objects in and the controllers that
// make pods of what is installed. No kubelet: nothing runs in a pod, the tests say what became of it.
//
// kubernetes FOLDER KUBECONFIG FLAG…: FOLDER is where etcd keeps its data, KUBECONFIG is how the controllers sign in,
// each FLAG is one of kube-apiserver.
package main

import (
	"context"
	"fmt"
	"net/url"
	"os"
	"path/filepath"

	"go.etcd.io/etcd/server/v3/embed"
	"k8s.io/component-base/cli"
	"k8s.io/kubernetes/cmd/kube-apiserver/app"
)

func main() {
	if len(os.Args) < 3 {
		fail(fmt.Errorf("say the folder and the kubeconfig"))
	}
	etcd, err := startEtcd(os.Args[1])
	if err != nil {
		fail(err)
	}
	go func() {
		if err := runControllers(context.Background(), os.Args[2]); err != nil {
			fail(err)
		}
	}()
	server := app.NewAPIServerCommand()
	server.SetArgs(append(os.Args[3:], "--etcd-servers="+etcd))
	os.Exit(cli.Run(server))
}

// startEtcd answers where it listens: a socket in the folder, so that it needs no port.
func startEtcd(folder string) (string, error) {
	config := embed.NewConfig()
	config.Dir = filepath.Join(folder, "etcd")
	config.LogLevel = "error"
	// Nobody reads the data after the process has ended.
	config.UnsafeNoFsync = true
	clients := url.URL{Scheme: "unix", Host: "clients", Path: ""}
	peers := url.URL{Scheme: "unix", Host: "peers", Path: ""}
	config.ListenClientUrls, config.AdvertiseClientUrls = []url.URL{clients}, []url.URL{clients}
	config.ListenPeerUrls, config.AdvertisePeerUrls = []url.URL{peers}, []url.URL{peers}
	config.InitialCluster = config.InitialClusterFromName(config.Name)
	etcd, err := embed.StartEtcd(config)
	if err != nil {
		return "", err
	}
	<-etcd.Server.ReadyNotify()
	return clients.String(), nil
}

func fail(err error) {
	fmt.Fprintln(os.Stderr, err)
	os.Exit(1)
}
