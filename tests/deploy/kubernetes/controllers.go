package main

import (
	"context"
	"time"

	"k8s.io/apimachinery/pkg/util/wait"
	"k8s.io/client-go/discovery/cached/memory"
	"k8s.io/client-go/dynamic"
	"k8s.io/client-go/informers"
	clientset "k8s.io/client-go/kubernetes"
	"k8s.io/client-go/rest"
	"k8s.io/client-go/restmapper"
	"k8s.io/client-go/scale"
	"k8s.io/client-go/tools/clientcmd"
	"k8s.io/klog/v2"
	"k8s.io/kubernetes/pkg/controller/deployment"
	"k8s.io/kubernetes/pkg/controller/disruption"
	"k8s.io/kubernetes/pkg/controller/endpointslice"
	"k8s.io/kubernetes/pkg/controller/job"
	"k8s.io/kubernetes/pkg/controller/replicaset"
	"k8s.io/kubernetes/pkg/controller/serviceaccount"
)

const (
	workers           = 2
	endpointsPerSlice = 100
	atOnce            = 0 * time.Second
)

type controller interface {
	Run(ctx context.Context, workers int)
}

// runControllers waits for the API server, then runs until the context ends those controllers of
// kube-controller-manager that a chart of Deployments, Services and Jobs is seen by. The whole of it would take half
// as long again to build.
func runControllers(ctx context.Context, kubeconfig string) error {
	config, err := clientcmd.BuildConfigFromFlags("", kubeconfig)
	if err != nil {
		return err
	}
	config.QPS, config.Burst = 200, 400
	client, err := clientset.NewForConfig(config)
	if err != nil {
		return err
	}
	if err := wait.PollUntilContextCancel(ctx, 100*time.Millisecond, true, isReady(client)); err != nil {
		return err
	}
	known := informers.NewSharedInformerFactory(client, 0)
	all, err := controllers(ctx, config, client, known)
	if err != nil {
		return err
	}
	known.Start(ctx.Done())
	for _, one := range all {
		go one.Run(ctx, workers)
	}
	<-ctx.Done()
	return nil
}

func isReady(client clientset.Interface) wait.ConditionWithContextFunc {
	return func(ctx context.Context) (bool, error) {
		_, err := client.Discovery().RESTClient().Get().AbsPath("/readyz").DoRaw(ctx)
		return err == nil, nil
	}
}

func controllers(ctx context.Context, config *rest.Config, client clientset.Interface, known informers.SharedInformerFactory) ([]controller, error) {
	pods, nodes := known.Core().V1().Pods(), known.Core().V1().Nodes()
	replicaSets, deployments := known.Apps().V1().ReplicaSets(), known.Apps().V1().Deployments()

	accounts, err := serviceaccount.NewServiceAccountsController(klog.FromContext(ctx),
		known.Core().V1().ServiceAccounts(), known.Core().V1().Namespaces(), client,
		serviceaccount.DefaultServiceAccountsControllerOptions())
	if err != nil {
		return nil, err
	}
	rollouts, err := deployment.NewDeploymentController(ctx, deployments, replicaSets, pods, client)
	if err != nil {
		return nil, err
	}
	jobs, err := job.NewController(ctx, client, pods, known.Batch().V1().Jobs(), nil, nil)
	if err != nil {
		return nil, err
	}
	mapper := restmapper.NewDeferredDiscoveryRESTMapper(memory.NewMemCacheClient(client.Discovery()))
	scales, err := scale.NewForConfig(config, mapper, dynamic.LegacyAPIPathResolverFunc,
		scale.NewDiscoveryScaleKindResolver(client.Discovery()))
	if err != nil {
		return nil, err
	}
	return []controller{
		accounts,
		rollouts,
		jobs,
		replicaset.NewReplicaSetController(ctx, replicaSets, pods, client, replicaset.BurstReplicas),
		endpointslice.NewController(ctx, pods, known.Core().V1().Services(), nodes,
			known.Discovery().V1().EndpointSlices(), endpointsPerSlice, client, atOnce),
		disruption.NewDisruptionController(ctx, pods, known.Policy().V1().PodDisruptionBudgets(),
			known.Core().V1().ReplicationControllers(), replicaSets, deployments, known.Apps().V1().StatefulSets(),
			client, mapper, scales, client.Discovery()),
	}, nil
}
