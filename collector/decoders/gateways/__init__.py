"""JSON of gateways and device platforms: EMQX Neuron, USR, OneNET, CTWing, Modbus gateways."""
