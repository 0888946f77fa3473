"""Runs one peer on one problem: reads JSON on standard input, writes JSON on standard output.

In : {"tool", "seconds", "seed", "matrix": [[int]], "orders": [{"place", "service", "tw": [a, b] or null, "penalty": int,
     "skill": int, "demand": int}], "crews": [{"start", "end", "shift": [a, b] or null, "skills": [int], "capacity": int}],
     "required": bool}
Out: {"cpu_s", "routes": [[order, ...] for each crew]}
One thread each. PyVRP is stopped by processor time, VROOM and OR-tools by the wall clock that they offer.
"""
import json
import resource
import sys
import time

ask = json.load(sys.stdin)
orders, crews, matrix = ask["orders"], ask["crews"], ask["matrix"]
END = 1 << 40


def cpu_s():
    used = resource.getrusage(resource.RUSAGE_SELF)
    return used.ru_utime + used.ru_stime


def vroom():
    import datetime

    import numpy
    import vroom as lib

    problem = lib.Input()
    problem.set_durations_matrix("car", numpy.array(matrix, dtype=numpy.uint32))
    # VROOM's priorities go to 100 and count before the way.
    most = max([order["penalty"] for order in orders] or [1]) or 1
    for number, crew in enumerate(crews):
        window = lib.TimeWindow(*crew["shift"]) if crew["shift"] else None
        problem.add_vehicle(lib.Vehicle(number, start=crew["start"], end=crew["end"], capacity=[crew["capacity"]],
                                        skills=set(crew["skills"]), time_window=window))
    for number, order in enumerate(orders):
        windows = [lib.TimeWindow(*order["tw"])] if order["tw"] else []
        priority = 0 if ask["required"] else max(1, round(100 * order["penalty"] / most))
        problem.add_job(lib.Job(number, location=order["place"], default_service=order["service"],
                                delivery=[order["demand"]], skills={order["skill"]}, priority=priority,
                                time_windows=windows))
    # The highest level of search that it has; from ten seconds on it uses them.
    level = 5 if ask["seconds"] < 5 else 20
    try:
        found = problem.solve(exploration_level=level, nb_threads=1, timeout=datetime.timedelta(seconds=ask["seconds"]))
    except Exception:
        found = problem.solve(exploration_level=5, nb_threads=1, timeout=datetime.timedelta(seconds=ask["seconds"]))
    routes = [[] for _ in crews]
    for _, row in found.routes.iterrows():
        if row["type"] == "job":
            routes[int(row["vehicle_id"])].append(int(row["id"]))
    return routes


def pyvrp():
    import numpy
    import pyvrp as lib

    class ProcessorTime:
        def __init__(self):
            self.until = cpu_s() + ask["seconds"]

        def __call__(self, best_cost):
            return cpu_s() >= self.until

    # A skill that a crew hasn't is a way that is too long; one profile for each set of skills.
    kinds = sorted({tuple(sorted(crew["skills"])) for crew in crews})
    big = int(1e9)
    base = numpy.array(matrix, dtype=numpy.int64)
    profiles = []
    for kind in kinds:
        own = base.copy()
        for order in orders:
            if order["skill"] not in kind:
                own[order["place"], :] = big
                own[:, order["place"]] = big
        numpy.fill_diagonal(own, 0)
        profiles.append(own)
    places = sorted({crew[side] for crew in crews for side in ("start", "end")})
    data = lib.ProblemData(
        locations=[lib.Location(0, 0) for _ in matrix],
        clients=[lib.Client(order["place"], delivery=[order["demand"]], service_duration=order["service"],
                            tw_early=order["tw"][0] if order["tw"] else 0, tw_late=order["tw"][1] if order["tw"] else END,
                            prize=0 if ask["required"] else order["penalty"], required=ask["required"])
                 for order in orders],
        depots=[lib.Depot(place) for place in places],
        vehicle_types=[lib.VehicleType(1, capacity=[crew["capacity"]], start_depot=places.index(crew["start"]),
                                       end_depot=places.index(crew["end"]),
                                       tw_early=crew["shift"][0] if crew["shift"] else 0,
                                       tw_late=crew["shift"][1] if crew["shift"] else END,
                                       profile=kinds.index(tuple(sorted(crew["skills"])))) for crew in crews],
        distance_matrices=profiles,
        duration_matrices=profiles,
    )
    found = lib.solve(data, stop=ProcessorTime(), seed=ask["seed"], collect_stats=False, display=False)
    routes = [[] for _ in crews]
    for route in found.best.routes():
        routes[route.vehicle_type()] = [activity.idx for activity in route if activity.is_client()]
    return routes


def ortools():
    from ortools.constraint_solver import pywrapcp, routing_enums_pb2

    manager = pywrapcp.RoutingIndexManager(len(orders) + 2 * len(crews), len(crews),
                                           [len(orders) + 2 * at for at in range(len(crews))],
                                           [len(orders) + 2 * at + 1 for at in range(len(crews))])
    place = [order["place"] for order in orders] + [crew[side] for crew in crews for side in ("start", "end")]
    service = [order["service"] for order in orders] + [0] * (2 * len(crews))
    demand = [order["demand"] for order in orders] + [0] * (2 * len(crews))
    routing = pywrapcp.RoutingModel(manager)
    node = manager.IndexToNode
    way = routing.RegisterTransitCallback(lambda a, b: matrix[place[node(a)]][place[node(b)]])
    routing.SetArcCostEvaluatorOfAllVehicles(way)
    load = routing.RegisterUnaryTransitCallback(lambda a: demand[node(a)])
    routing.AddDimensionWithVehicleCapacity(load, 0, [crew["capacity"] for crew in crews], True, "load")
    if any(order["tw"] for order in orders):
        spent = routing.RegisterTransitCallback(
            lambda a, b: service[node(a)] + matrix[place[node(a)]][place[node(b)]])
        routing.AddDimension(spent, END, END, False, "time")
        time_of = routing.GetDimensionOrDie("time")
        for at, order in enumerate(orders):
            time_of.CumulVar(manager.NodeToIndex(at)).SetRange(*order["tw"])
        for at, crew in enumerate(crews):
            time_of.CumulVar(routing.Start(at)).SetRange(*crew["shift"])
            time_of.CumulVar(routing.End(at)).SetRange(*crew["shift"])
    for at, order in enumerate(orders):
        index = manager.NodeToIndex(at)
        able = [number for number, crew in enumerate(crews) if order["skill"] in crew["skills"]]
        if len(able) < len(crews):
            routing.VehicleVar(index).SetValues([-1] + able)
        if not ask["required"]:
            routing.AddDisjunction([index], order["penalty"])
    how = pywrapcp.DefaultRoutingSearchParameters()
    how.first_solution_strategy = routing_enums_pb2.FirstSolutionStrategy.PARALLEL_CHEAPEST_INSERTION
    how.local_search_metaheuristic = routing_enums_pb2.LocalSearchMetaheuristic.GUIDED_LOCAL_SEARCH
    how.time_limit.FromMilliseconds(int(ask["seconds"] * 1000))
    found = routing.SolveWithParameters(how)
    routes = [[] for _ in crews]
    if found:
        for at in range(len(crews)):
            index = routing.Start(at)
            while not routing.IsEnd(index):
                if node(index) < len(orders):
                    routes[at].append(node(index))
                index = found.Value(routing.NextVar(index))
    return routes


began = cpu_s()
routes = {"vroom": vroom, "pyvrp": pyvrp, "ortools": ortools}[ask["tool"]]()
json.dump({"cpu_s": cpu_s() - began, "routes": routes}, sys.stdout)
