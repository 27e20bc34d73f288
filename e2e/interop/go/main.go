// A client in Go, made at run time from the Open Inference Protocol's service definition: no generator needed.
// Usage: smoke ADDRESS. Prints what it got as one line of JSON per call; ends with 1 at the first error.
package main

import (
	"context"
	"fmt"
	"os"
	"time"

	"github.com/bufbuild/protocompile"
	"google.golang.org/grpc"
	"google.golang.org/grpc/credentials/insecure"
	"google.golang.org/grpc/status"
	"google.golang.org/protobuf/encoding/protojson"
	"google.golang.org/protobuf/reflect/protoreflect"
	"google.golang.org/protobuf/types/dynamicpb"
)

type client struct {
	connection *grpc.ClientConn
	service    protoreflect.ServiceDescriptor
}

// call sends a request given as JSON and returns the answer as JSON.
func (c client) call(method string, request string) (string, error) {
	descriptor := c.service.Methods().ByName(protoreflect.Name(method))
	input := dynamicpb.NewMessage(descriptor.Input())
	if err := protojson.Unmarshal([]byte(request), input); err != nil {
		return "", err
	}
	output := dynamicpb.NewMessage(descriptor.Output())
	ctx, cancel := context.WithTimeout(context.Background(), 20*time.Second)
	defer cancel()
	path := fmt.Sprintf("/%s/%s", c.service.FullName(), method)
	if err := c.connection.Invoke(ctx, path, input, output); err != nil {
		return "", err
	}
	text, err := protojson.MarshalOptions{UseProtoNames: true}.Marshal(output)
	return string(text), err
}

func open(address string) (client, error) {
	compiler := protocompile.Compiler{Resolver: &protocompile.SourceResolver{}}
	files, err := compiler.Compile(context.Background(), "open_inference.proto")
	if err != nil {
		return client{}, err
	}
	connection, err := grpc.NewClient(address, grpc.WithTransportCredentials(insecure.NewCredentials()))
	return client{connection, files[0].Services().ByName("GRPCInferenceService")}, err
}

func run(address string) error {
	opened, err := open(address)
	if err != nil {
		return err
	}
	defer opened.connection.Close()
	calls := [][2]string{
		{"ServerLive", `{}`},
		{"ServerReady", `{}`},
		{"ModelReady", `{"name":"simple"}`},
		{"ServerMetadata", `{}`},
		{"ModelMetadata", `{"name":"simple"}`},
		{"ModelInfer", `{"model_name":"fixed_row","id":"go","inputs":[{"name":"x","datatype":"FP32","shape":[1,3],
			"contents":{"fp32_contents":[1,2.5,-3]}}]}`},
		{"ModelInfer", `{"model_name":"fixed_row","inputs":[{"name":"x","datatype":"FP32","shape":[1,3]}],
			"raw_input_contents":["AACAPwAAIEAAAEDA"]}`},
	}
	for _, each := range calls {
		answer, err := opened.call(each[0], each[1])
		if err != nil {
			return fmt.Errorf("%s: %w", each[0], err)
		}
		fmt.Println(answer)
	}
	_, err = opened.call("ModelInfer", `{"model_name":"fixed_row"}`)
	fmt.Println(status.Code(err))
	return nil
}

func main() {
	if err := run(os.Args[1]); err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
}
