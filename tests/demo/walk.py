def walk(port, place): return 0,0
