module ferry.test/smoke

go 1.21

require (
	github.com/bufbuild/protocompile v0.14.0
	google.golang.org/grpc v1.65.0
	google.golang.org/protobuf v1.34.2-0.20240529085009-ca837e5c658b
)

require (
	golang.org/x/net v0.25.0 // indirect
	golang.org/x/sync v0.7.0 // indirect
	golang.org/x/sys v0.20.0 // indirect
	golang.org/x/text v0.15.0 // indirect
	google.golang.org/genproto/googleapis/rpc v0.0.0-20240528184218-531527333157 // indirect
)
